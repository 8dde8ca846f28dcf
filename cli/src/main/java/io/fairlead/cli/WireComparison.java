package io.fairlead.cli;

import static io.fairlead.cli.BreakingRule.ENUM_NO_DELETE;
import static io.fairlead.cli.BreakingRule.ENUM_SAME_JSON_FORMAT;
import static io.fairlead.cli.BreakingRule.ENUM_SAME_TYPE;
import static io.fairlead.cli.BreakingRule.ENUM_VALUE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED;
import static io.fairlead.cli.BreakingRule.ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED;
import static io.fairlead.cli.BreakingRule.ENUM_VALUE_SAME_NAME;
import static io.fairlead.cli.BreakingRule.EXTENSION_MESSAGE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.EXTENSION_NO_DELETE;
import static io.fairlead.cli.BreakingRule.FIELD_NO_DELETE;
import static io.fairlead.cli.BreakingRule.FIELD_NO_DELETE_UNLESS_NAME_RESERVED;
import static io.fairlead.cli.BreakingRule.FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_CARDINALITY;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_CPP_STRING_TYPE;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_DEFAULT;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_JAVA_UTF8_VALIDATION;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_JSON_NAME;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_JSTYPE;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_NAME;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_ONEOF;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_TYPE;
import static io.fairlead.cli.BreakingRule.FIELD_SAME_UTF8_VALIDATION;
import static io.fairlead.cli.BreakingRule.FIELD_WIRE_COMPATIBLE_CARDINALITY;
import static io.fairlead.cli.BreakingRule.FIELD_WIRE_COMPATIBLE_TYPE;
import static io.fairlead.cli.BreakingRule.FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY;
import static io.fairlead.cli.BreakingRule.FIELD_WIRE_JSON_COMPATIBLE_TYPE;
import static io.fairlead.cli.BreakingRule.FILE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.FILE_SAME_PACKAGE;
import static io.fairlead.cli.BreakingRule.FILE_SAME_SYNTAX;
import static io.fairlead.cli.BreakingRule.MESSAGE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR;
import static io.fairlead.cli.BreakingRule.MESSAGE_SAME_JSON_FORMAT;
import static io.fairlead.cli.BreakingRule.MESSAGE_SAME_REQUIRED_FIELDS;
import static io.fairlead.cli.BreakingRule.ONEOF_NO_DELETE;
import static io.fairlead.cli.BreakingRule.PACKAGE_ENUM_NO_DELETE;
import static io.fairlead.cli.BreakingRule.PACKAGE_EXTENSION_NO_DELETE;
import static io.fairlead.cli.BreakingRule.PACKAGE_MESSAGE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.PACKAGE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.PACKAGE_SERVICE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.RESERVED_ENUM_NO_DELETE;
import static io.fairlead.cli.BreakingRule.RESERVED_MESSAGE_NO_DELETE;
import static io.fairlead.cli.BreakingRule.RPC_NO_DELETE;
import static io.fairlead.cli.BreakingRule.RPC_SAME_CLIENT_STREAMING;
import static io.fairlead.cli.BreakingRule.RPC_SAME_IDEMPOTENCY_LEVEL;
import static io.fairlead.cli.BreakingRule.RPC_SAME_REQUEST_TYPE;
import static io.fairlead.cli.BreakingRule.RPC_SAME_RESPONSE_TYPE;
import static io.fairlead.cli.BreakingRule.RPC_SAME_SERVER_STREAMING;
import static io.fairlead.cli.BreakingRule.SERVICE_NO_DELETE;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Compares what two contracts say of bytes, JSON and generated code. */
final class WireComparison {
  private final Contract before;
  private final Contract after;
  private final BreakingChanges found;

  /** Also of a message set, whose range goes further; nobody states such a range. */
  private static final int LAST_FIELD = 536_870_911;

  WireComparison(Contract before, Contract after, BreakingChanges found) {
    this.before = before;
    this.after = after;
    this.found = found;
  }

  void run() {
    files();
    packages();
    pairs(before.messages(), after.messages(), this::message);
    pairs(before.enums(), after.enums(), this::enumType);
    extensions();
    pairs(before.services(), after.services(), this::service);
  }

  private static <T> void pairs(Map<String, T> old, Map<String, T> now, BiConsumer<T, T> compare) {
    old.forEach(
        (name, was) -> {
          T is = now.get(name);
          if (is != null) {
            compare.accept(was, is);
          }
        });
  }

  // Files and packages

  private void files() {
    before
        .files()
        .forEach(
            (path, was) -> {
              FileDescriptor is = after.files().get(path);
              if (is == null) {
                found.addGone(FILE_NO_DELETE, was, "the file " + path + " is gone");
              } else {
                file(was, is);
              }
            });
  }

  private void file(FileDescriptor was, FileDescriptor is) {
    gone(MESSAGE_NO_DELETE, "message", before.messages(), after.messages(), was, is);
    gone(ENUM_NO_DELETE, "enum", before.enums(), after.enums(), was, is);
    gone(EXTENSION_NO_DELETE, "extension", before.extensions(), after.extensions(), was, is);
    gone(SERVICE_NO_DELETE, "service", before.services(), after.services(), was, is);
    if (!was.getPackage().equals(is.getPackage())) {
      found.add(
          FILE_SAME_PACKAGE,
          is,
          after.find(is, FileDescriptorProto.PACKAGE_FIELD_NUMBER),
          changed("the package", was.getPackage(), is.getPackage()));
    }
    if (!syntax(was).equals(syntax(is))) {
      found.add(
          FILE_SAME_SYNTAX,
          is,
          after.find(is, FileDescriptorProto.SYNTAX_FIELD_NUMBER),
          changed("the syntax", syntax(was), syntax(is)));
    }
    FileOptions.getDescriptor().getFields().forEach(option -> option(option, was, is));
  }

  /** Compares an option of two files, if there is a rule of its name. */
  private void option(FieldDescriptor option, FileDescriptor was, FileDescriptor is) {
    String rule = "FILE_SAME_" + option.getName().toUpperCase(Locale.ROOT);
    if (!BreakingRule.names().contains(rule)) {
      return;
    }
    Object old = was.toProto().getOptions().getField(option);
    Object now = is.toProto().getOptions().getField(option);
    if (!old.equals(now)) {
      found.add(
          BreakingRule.valueOf(rule),
          is,
          after.find(is, FileDescriptorProto.OPTIONS_FIELD_NUMBER, option.getNumber()),
          changed("the option " + option.getName(), old, now));
    }
  }

  private static String syntax(FileDescriptor file) {
    String syntax = file.toProto().getSyntax();
    return syntax.isEmpty() ? "proto2" : syntax;
  }

  /** Reports what a file that is still there no longer has. */
  private <T extends GenericDescriptor> void gone(
      BreakingRule rule,
      String kind,
      Map<String, T> old,
      Map<String, T> now,
      FileDescriptor was,
      FileDescriptor is) {
    old.values().stream()
        .filter(each -> each.getFile() == was)
        .filter(
            each ->
                now.values().stream()
                    .noneMatch(
                        other -> other.getFile() == is && nested(other).equals(nested(each))))
        .forEach(
            each ->
                found.add(
                    rule,
                    is,
                    outer(is, nested(each)),
                    "the " + kind + " " + each.getFullName() + " is gone from this file"));
  }

  /** A name without the package of its file. */
  private static String nested(GenericDescriptor thing) {
    String scope = thing.getFile().getPackage();
    return scope.isEmpty()
        ? thing.getFullName()
        : thing.getFullName().substring(scope.length() + 1);
  }

  /** Where the nearest message is that something gone was nested in. */
  private @Nullable Location outer(FileDescriptor file, String nested) {
    for (int dot = nested.lastIndexOf('.'); dot > 0; dot = nested.lastIndexOf('.', dot - 1)) {
      String name = nested.substring(0, dot);
      for (Descriptor each : after.messages().values()) {
        if (each.getFile() == file && nested(each).equals(name)) {
          return after.find(each);
        }
      }
    }
    return null;
  }

  private void packages() {
    SortedMap<String, FileDescriptor> old = new TreeMap<>();
    before.files().values().forEach(each -> old.putIfAbsent(each.getPackage(), each));
    SortedSet<String> now = new TreeSet<>();
    after.files().values().forEach(each -> now.add(each.getPackage()));
    old.forEach(
        (name, file) -> {
          if (!now.contains(name)) {
            found.addGone(PACKAGE_NO_DELETE, file, "the package \"" + name + "\" is gone");
          }
        });
    gone(PACKAGE_MESSAGE_NO_DELETE, "message", before.messages(), after.messages(), now);
    gone(PACKAGE_ENUM_NO_DELETE, "enum", before.enums(), after.enums(), now);
    gone(PACKAGE_EXTENSION_NO_DELETE, "extension", before.extensions(), after.extensions(), now);
    gone(PACKAGE_SERVICE_NO_DELETE, "service", before.services(), after.services(), now);
  }

  private <T extends GenericDescriptor> void gone(
      BreakingRule rule,
      String kind,
      Map<String, T> old,
      Map<String, T> now,
      SortedSet<String> packages) {
    old.forEach(
        (name, was) -> {
          String scope = was.getFile().getPackage();
          if (now.containsKey(name) || !packages.contains(scope)) {
            return;
          }
          String text = "the " + kind + " " + name + " is gone from its package";
          FileDescriptor file = after.files().get(was.getFile().getFullName());
          if (file == null) {
            found.addGone(rule, was.getFile(), text);
          } else {
            found.add(rule, file, outer(file, nested(was)), text);
          }
        });
  }

  // Messages and fields

  private void message(Descriptor was, Descriptor is) {
    reserved(RESERVED_MESSAGE_NO_DELETE, is, names(was), names(is), ranges(was), ranges(is));
    ranges(EXTENSION_MESSAGE_NO_DELETE, "extension", is, extensionRanges(was), extensionRanges(is));
    int accessor = MessageOptions.NO_STANDARD_DESCRIPTOR_ACCESSOR_FIELD_NUMBER;
    if (is.getOptions().getNoStandardDescriptorAccessor()
        && !was.getOptions().getNoStandardDescriptorAccessor()) {
      found.add(
          MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR,
          is.getFile(),
          after.find(is, DescriptorProto.OPTIONS_FIELD_NUMBER, accessor),
          is.getFullName() + " has the option no_standard_descriptor_accessor now");
    }
    for (OneofDescriptor each : was.getRealOneofs()) {
      if (is.getRealOneofs().stream().noneMatch(now -> now.getName().equals(each.getName()))) {
        found.add(
            ONEOF_NO_DELETE,
            is.getFile(),
            after.find(is),
            "the oneof " + each.getName() + " of " + is.getFullName() + " is gone");
      }
    }
    json(MESSAGE_SAME_JSON_FORMAT, was, is);
    required(was, is);
    for (FieldDescriptor field : was.getFields()) {
      FieldDescriptor now = is.findFieldByNumber(field.getNumber());
      if (now == null) {
        deleted(field, is);
      } else {
        field(field, now);
      }
    }
  }

  private void deleted(FieldDescriptor field, Descriptor is) {
    String text =
        "field " + field.getNumber() + " \"" + field.getName() + "\" of " + is.getFullName();
    found.add(FIELD_NO_DELETE, is.getFile(), after.find(is), text + " is gone");
    if (!is.isReservedNumber(field.getNumber())) {
      found.add(
          FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED,
          is.getFile(),
          after.find(is),
          text + " is gone, and its number may be given away");
    }
    if (!is.isReservedName(field.getName())) {
      found.add(
          FIELD_NO_DELETE_UNLESS_NAME_RESERVED,
          is.getFile(),
          after.find(is),
          text + " is gone, and its name may be given away");
    }
  }

  private void required(Descriptor was, Descriptor is) {
    for (FieldDescriptor field : was.getFields()) {
      FieldDescriptor now = is.findFieldByNumber(field.getNumber());
      if (isRequired(field) && (now == null || !isRequired(now))) {
        found.add(
            MESSAGE_SAME_REQUIRED_FIELDS,
            is.getFile(),
            after.find(is),
            called(field) + " is no longer required, and who needs it refuses messages without it");
      }
    }
    for (FieldDescriptor field : is.getFields()) {
      FieldDescriptor old = was.findFieldByNumber(field.getNumber());
      if (isRequired(field) && (old == null || !isRequired(old))) {
        found.add(
            MESSAGE_SAME_REQUIRED_FIELDS,
            is.getFile(),
            after.find(field),
            called(field)
                + " is required now, and who does not know that sends messages without it");
      }
    }
  }

  /** Only by its label: editions say it otherwise, and there the rule of cardinality has it. */
  private static boolean isRequired(FieldDescriptor field) {
    return field.toProto().getLabel() == FieldDescriptorProto.Label.LABEL_REQUIRED;
  }

  private void extensions() {
    Map<String, FieldDescriptor> now = new HashMap<>();
    after.extensions().values().forEach(each -> now.put(extended(each), each));
    before
        .extensions()
        .values()
        .forEach(
            was -> {
              FieldDescriptor is = now.get(extended(was));
              if (is != null) {
                field(was, is);
              }
            });
  }

  private static String extended(FieldDescriptor extension) {
    return extension.getContainingType().getFullName() + " " + extension.getNumber();
  }

  private void field(FieldDescriptor was, FieldDescriptor is) {
    cardinality(was, is);
    type(was, is);
    String name = was.isExtension() ? was.getFullName() : was.getName();
    String newName = is.isExtension() ? is.getFullName() : is.getName();
    if (!name.equals(newName)) {
      add(
          FIELD_SAME_NAME,
          is,
          new int[] {FieldDescriptorProto.NAME_FIELD_NUMBER},
          changed("the name of field " + is.getNumber() + " of " + owner(is), name, newName));
    }
    if (!was.isExtension()) {
      if (!was.getJsonName().equals(is.getJsonName())) {
        add(
            FIELD_SAME_JSON_NAME,
            is,
            new int[] {FieldDescriptorProto.JSON_NAME_FIELD_NUMBER},
            changed("the name in JSON of " + called(is), was.getJsonName(), is.getJsonName()));
      }
      oneof(was, is);
    }
    defaultValue(was, is);
    text(was, is);
    jsType(was, is);
  }

  /** How often a field may come, and whether it is known to be there. */
  private enum Cardinality {
    EXPLICIT("optional, with presence", 1, 1),
    IMPLICIT("optional, without presence", 1, 1),
    REQUIRED("required", 2, 2),
    REPEATED("repeated", 3, 3),
    // A list of entries on the wire, and an object in JSON.
    MAP("a map", 3, 4);

    private final String text;
    private final int wire;
    private final int json;

    Cardinality(String text, int wire, int json) {
      this.text = text;
      this.wire = wire;
      this.json = json;
    }

    static Cardinality of(FieldDescriptor field) {
      if (field.isMapField()) {
        return MAP;
      }
      if (field.isRepeated()) {
        return REPEATED;
      }
      if (field.isRequired()) {
        return REQUIRED;
      }
      return field.hasPresence() ? EXPLICIT : IMPLICIT;
    }
  }

  private void cardinality(FieldDescriptor was, FieldDescriptor is) {
    if (inMapEntry(was) && inMapEntry(is)) {
      return;
    }
    Cardinality old = Cardinality.of(was);
    Cardinality now = Cardinality.of(is);
    String text = changed(called(is), old.text, now.text);
    if (old != now) {
      add(FIELD_SAME_CARDINALITY, is, new int[0], text);
    }
    if (old.json != now.json) {
      add(FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY, is, new int[0], text);
    }
    if (old.wire != now.wire) {
      add(FIELD_WIRE_COMPATIBLE_CARDINALITY, is, new int[0], text);
    }
  }

  private static boolean inMapEntry(FieldDescriptor field) {
    return field.getContainingType().getOptions().getMapEntry();
  }

  private void type(FieldDescriptor was, FieldDescriptor is) {
    FieldDescriptor.Type old = was.getType();
    FieldDescriptor.Type now = is.getType();
    String oldName = typeName(was);
    String newName = typeName(is);
    String text = changed("the type of " + called(is), oldName, newName);
    int[] part = {
      is.getJavaType() == JavaType.MESSAGE || is.getJavaType() == JavaType.ENUM
          ? FieldDescriptorProto.TYPE_NAME_FIELD_NUMBER
          : FieldDescriptorProto.TYPE_FIELD_NUMBER
    };
    if (!oldName.equals(newName) || old != now) {
      add(FIELD_SAME_TYPE, is, part, text);
    }
    boolean otherType =
        old == now
            && !oldName.equals(newName)
            && !(old == FieldDescriptor.Type.ENUM && isGrown(was.getEnumType(), is.getEnumType()));
    if (otherType || jsonGroup(old) != jsonGroup(now)) {
      add(FIELD_WIRE_JSON_COMPATIBLE_TYPE, is, part, text);
    }
    // Each string is bytes; not all bytes are a string.
    boolean widened = old == FieldDescriptor.Type.STRING && now == FieldDescriptor.Type.BYTES;
    if (otherType || (wireGroup(old) != wireGroup(now) && !widened)) {
      add(FIELD_WIRE_COMPATIBLE_TYPE, is, part, text);
    }
  }

  private static String typeName(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      default -> field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  /** Types whose bytes are read as each other. */
  private static FieldDescriptor.Type wireGroup(FieldDescriptor.Type type) {
    return switch (type) {
      case INT64, UINT32, UINT64, BOOL -> FieldDescriptor.Type.INT32;
      case SINT64 -> FieldDescriptor.Type.SINT32;
      case SFIXED32 -> FieldDescriptor.Type.FIXED32;
      case SFIXED64 -> FieldDescriptor.Type.FIXED64;
      default -> type;
    };
  }

  /** Types whose bytes and JSON are read as each other. */
  private static FieldDescriptor.Type jsonGroup(FieldDescriptor.Type type) {
    return switch (type) {
      case UINT32 -> FieldDescriptor.Type.INT32;
      case UINT64 -> FieldDescriptor.Type.INT64;
      case SFIXED32 -> FieldDescriptor.Type.FIXED32;
      case SFIXED64 -> FieldDescriptor.Type.FIXED64;
      default -> type;
    };
  }

  /** Whether an enum is another one of the same name in another scope, with at least its values. */
  private static boolean isGrown(EnumDescriptor was, EnumDescriptor is) {
    return was.getName().equals(is.getName())
        && was.getValues().stream()
            .allMatch(
                old -> {
                  EnumValueDescriptor now = is.findValueByName(old.getName());
                  return now != null && now.getNumber() == old.getNumber();
                });
  }

  private void oneof(FieldDescriptor was, FieldDescriptor is) {
    String old = oneofName(was);
    String now = oneofName(is);
    if (!Objects.equals(old, now)) {
      add(
          FIELD_SAME_ONEOF,
          is,
          new int[0],
          called(is)
              + " moved from "
              + (old == null ? "outside of a oneof" : "the oneof " + old)
              + " to "
              + (now == null ? "outside of a oneof" : "the oneof " + now));
    }
  }

  private static @Nullable String oneofName(FieldDescriptor field) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    return oneof == null ? null : oneof.getName();
  }

  private void defaultValue(FieldDescriptor was, FieldDescriptor is) {
    if (was.isRepeated()
        || is.isRepeated()
        || was.getJavaType() == JavaType.MESSAGE
        || is.getJavaType() == JavaType.MESSAGE) {
      return;
    }
    Object old = comparable(was.getDefaultValue());
    Object now = comparable(is.getDefaultValue());
    if (!old.equals(now) && !(isZero(old) && isZero(now))) {
      add(
          FIELD_SAME_DEFAULT,
          is,
          new int[] {FieldDescriptorProto.DEFAULT_VALUE_FIELD_NUMBER},
          changed("the default of " + called(is), old, now));
    }
  }

  /** Numbers of all types compare as such, and text compares with bytes. */
  private static Object comparable(Object value) {
    if (value instanceof EnumValueDescriptor each) {
      return (double) each.getNumber();
    }
    if (value instanceof Boolean each) {
      return each ? 1.0 : 0.0;
    }
    if (value instanceof Float each) {
      return Double.parseDouble(each.toString());
    }
    if (value instanceof Number each) {
      return each.doubleValue();
    }
    return value instanceof ByteString bytes ? bytes.toStringUtf8() : value.toString();
  }

  private static boolean isZero(Object comparable) {
    return comparable.equals(0.0) || comparable.equals("");
  }

  /** What Java and C++ do with text. */
  private void text(FieldDescriptor was, FieldDescriptor is) {
    if (was.getType() == FieldDescriptor.Type.STRING
        && is.getType() == FieldDescriptor.Type.STRING) {
      String old = Features.utf8(was);
      String now = Features.utf8(is);
      if (!old.equals(now)) {
        add(
            FIELD_SAME_UTF8_VALIDATION,
            is,
            new int[0],
            changed("whether the text of " + called(is) + " is checked", old, now));
      }
      boolean oldCheck =
          was.needsUtf8Check() || was.getFile().getOptions().getJavaStringCheckUtf8();
      boolean newCheck = is.needsUtf8Check() || is.getFile().getOptions().getJavaStringCheckUtf8();
      if (oldCheck != newCheck) {
        add(
            FIELD_SAME_JAVA_UTF8_VALIDATION,
            is,
            new int[0],
            changed("whether Java checks the text of " + called(is), oldCheck, newCheck));
      }
    }
    if (isText(was) && isText(is) && !inMapEntry(is)) {
      FieldOptions.CType old = was.getOptions().getCtype();
      FieldOptions.CType now = is.getOptions().getCtype();
      boolean loosened = old == FieldOptions.CType.STRING_PIECE && now == FieldOptions.CType.STRING;
      if (old != now && !loosened) {
        add(
            FIELD_SAME_CPP_STRING_TYPE,
            is,
            new int[] {FieldDescriptorProto.OPTIONS_FIELD_NUMBER, FieldOptions.CTYPE_FIELD_NUMBER},
            changed("the option ctype of " + called(is), old, now));
      }
    }
  }

  private static boolean isText(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.STRING
        || field.getType() == FieldDescriptor.Type.BYTES;
  }

  private void jsType(FieldDescriptor was, FieldDescriptor is) {
    FieldOptions.JSType old = was.getOptions().getJstype();
    FieldOptions.JSType now = is.getOptions().getJstype();
    if (was.getJavaType() == JavaType.LONG && is.getJavaType() == JavaType.LONG && old != now) {
      add(
          FIELD_SAME_JSTYPE,
          is,
          new int[] {FieldDescriptorProto.OPTIONS_FIELD_NUMBER, FieldOptions.JSTYPE_FIELD_NUMBER},
          changed("the option jstype of " + called(is), old, now));
    }
  }

  /** Reports a field, at the part of it that is meant, or else at the whole. */
  private void add(BreakingRule rule, FieldDescriptor is, int[] part, String text) {
    found.add(rule, is.getFile(), place(is, part), text);
  }

  private @Nullable Location place(FieldDescriptor field, int[] part) {
    if (inMapEntry(field)) {
      // Nobody wrote it: the map stands for its entries.
      Descriptor entry = field.getContainingType();
      for (FieldDescriptor each : entry.getContainingType().getFields()) {
        if (each.isMapField() && each.getMessageType() == entry) {
          return place(each, new int[] {FieldDescriptorProto.TYPE_NAME_FIELD_NUMBER});
        }
      }
    }
    Location exact = after.find(field, part);
    return exact == null ? after.find(field) : exact;
  }

  private static String called(FieldDescriptor field) {
    return "field "
        + field.getNumber()
        + " \""
        + (field.isExtension() ? field.getFullName() : field.getName())
        + "\" of "
        + owner(field);
  }

  private static String owner(FieldDescriptor field) {
    return field.getContainingType().getFullName();
  }

  // Enums

  private void enumType(EnumDescriptor was, EnumDescriptor is) {
    if (was.isClosed() != is.isClosed()) {
      found.add(
          ENUM_SAME_TYPE,
          is.getFile(),
          after.find(is),
          changed(
              is.getFullName(),
              was.isClosed() ? "closed" : "open",
              is.isClosed() ? "closed" : "open"));
    }
    json(ENUM_SAME_JSON_FORMAT, was, is);
    reserved(RESERVED_ENUM_NO_DELETE, is, names(was), names(is), ranges(was), ranges(is));
    SortedMap<Integer, SortedMap<String, EnumValueDescriptor>> now = byNumber(is);
    byNumber(was)
        .forEach(
            (number, old) -> {
              SortedMap<String, EnumValueDescriptor> values = now.get(number);
              if (values == null) {
                deleted(number, old.keySet(), is);
              } else if (!values.keySet().containsAll(old.keySet())) {
                String text =
                    changed(
                        "the name of " + number + " of " + is.getFullName(),
                        String.join(", ", old.keySet()),
                        String.join(", ", values.keySet()));
                for (EnumValueDescriptor each : values.values()) {
                  found.add(
                      ENUM_VALUE_SAME_NAME,
                      is.getFile(),
                      after.find(each, EnumValueDescriptorProto.NUMBER_FIELD_NUMBER),
                      text);
                }
              }
            });
  }

  private static SortedMap<Integer, SortedMap<String, EnumValueDescriptor>> byNumber(
      EnumDescriptor type) {
    SortedMap<Integer, SortedMap<String, EnumValueDescriptor>> found = new TreeMap<>();
    for (EnumValueDescriptor each : type.getValues()) {
      found.computeIfAbsent(each.getNumber(), any -> new TreeMap<>()).put(each.getName(), each);
    }
    return found;
  }

  private void deleted(int number, Set<String> old, EnumDescriptor is) {
    String text = "the value " + number + " " + String.join(", ", old) + " of " + is.getFullName();
    Location place = after.find(is);
    found.add(ENUM_VALUE_NO_DELETE, is.getFile(), place, text + " is gone");
    if (!is.isReservedNumber(number)) {
      found.add(
          ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED,
          is.getFile(),
          place,
          text + " is gone, and its number may be given away");
    }
    if (!old.stream().allMatch(is::isReservedName)) {
      found.add(
          ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED,
          is.getFile(),
          place,
          text + " is gone, and its name may be given away");
    }
  }

  // What messages and enums have in common

  private void json(BreakingRule rule, GenericDescriptor was, GenericDescriptor is) {
    if (Features.hasJson(was) && !Features.hasJson(is)) {
      found.add(
          rule,
          is.getFile(),
          after.find(is),
          "the JSON of " + is.getFullName() + " was checked, and is only a best effort now");
    }
  }

  /** A range of numbers, both ends included. */
  private record Range(int first, int last) {
    @Override
    public String toString() {
      return first == last
          ? String.valueOf(first)
          : first
              + " to "
              + (last == LAST_FIELD || last == Integer.MAX_VALUE ? "max" : String.valueOf(last));
    }
  }

  private static List<Range> ranges(Descriptor message) {
    return message.toProto().getReservedRangeList().stream()
        .map(each -> new Range(each.getStart(), each.getEnd() - 1))
        .toList();
  }

  private static List<Range> extensionRanges(Descriptor message) {
    return message.toProto().getExtensionRangeList().stream()
        .map(each -> new Range(each.getStart(), each.getEnd() - 1))
        .toList();
  }

  private static List<Range> ranges(EnumDescriptor type) {
    EnumDescriptorProto proto = type.toProto();
    return proto.getReservedRangeList().stream()
        .map(each -> new Range(each.getStart(), each.getEnd()))
        .toList();
  }

  private static List<String> names(Descriptor message) {
    return message.toProto().getReservedNameList();
  }

  private static List<String> names(EnumDescriptor type) {
    return type.toProto().getReservedNameList();
  }

  private void reserved(
      BreakingRule rule,
      GenericDescriptor is,
      List<String> oldNames,
      List<String> newNames,
      List<Range> old,
      List<Range> now) {
    ranges(rule, "reserved", is, old, now);
    for (String name : oldNames) {
      if (!newNames.contains(name)) {
        found.add(
            rule,
            is.getFile(),
            after.find(is),
            "the name \"" + name + "\" of " + is.getFullName() + " is no longer reserved");
      }
    }
  }

  /** Reports each old range that the new ones together do not cover. */
  private void ranges(
      BreakingRule rule, String kind, GenericDescriptor is, List<Range> old, List<Range> now) {
    List<Range> sorted = new ArrayList<>(now);
    sorted.sort(Comparator.comparingInt(Range::first));
    for (Range range : old) {
      List<String> missing = new ArrayList<>();
      // Past the end in a long: the last number may be the largest of an int.
      long next = range.first();
      for (Range each : sorted) {
        if (each.first() > next && each.first() <= range.last()) {
          missing.add(new Range((int) next, each.first() - 1).toString());
        }
        if (each.first() <= range.last()) {
          next = Math.max(next, each.last() + 1L);
        }
      }
      if (next <= range.last()) {
        missing.add(new Range((int) next, range.last()).toString());
      }
      if (!missing.isEmpty()) {
        found.add(
            rule,
            is.getFile(),
            after.find(is),
            "of the "
                + kind
                + " numbers "
                + range
                + " of "
                + is.getFullName()
                + ", "
                + String.join(", ", missing)
                + (missing.size() == 1 ? " is" : " are")
                + " no longer");
      }
    }
  }

  // Services

  private void service(ServiceDescriptor was, ServiceDescriptor is) {
    for (MethodDescriptor old : was.getMethods()) {
      MethodDescriptor now = is.findMethodByName(old.getName());
      if (now == null) {
        found.add(
            RPC_NO_DELETE,
            is.getFile(),
            after.find(is),
            "the method " + is.getFullName() + "/" + old.getName() + " is gone");
      } else {
        method(old, now);
      }
    }
  }

  private void method(MethodDescriptor was, MethodDescriptor is) {
    String name = is.getService().getFullName() + "/" + is.getName();
    if (was.isClientStreaming() != is.isClientStreaming()) {
      found.add(
          RPC_SAME_CLIENT_STREAMING,
          is.getFile(),
          after.find(is),
          changed(
              "the requests of " + name,
              shape(was.isClientStreaming()),
              shape(is.isClientStreaming())));
    }
    if (was.isServerStreaming() != is.isServerStreaming()) {
      found.add(
          RPC_SAME_SERVER_STREAMING,
          is.getFile(),
          after.find(is),
          changed(
              "the responses of " + name,
              shape(was.isServerStreaming()),
              shape(is.isServerStreaming())));
    }
    String oldRequest = was.getInputType().getFullName();
    String newRequest = is.getInputType().getFullName();
    if (!oldRequest.equals(newRequest)) {
      found.add(
          RPC_SAME_REQUEST_TYPE,
          is.getFile(),
          after.find(is, MethodDescriptorProto.INPUT_TYPE_FIELD_NUMBER),
          changed("the request of " + name, oldRequest, newRequest));
    }
    String oldResponse = was.getOutputType().getFullName();
    String newResponse = is.getOutputType().getFullName();
    if (!oldResponse.equals(newResponse)) {
      found.add(
          RPC_SAME_RESPONSE_TYPE,
          is.getFile(),
          after.find(is, MethodDescriptorProto.OUTPUT_TYPE_FIELD_NUMBER),
          changed("the response of " + name, oldResponse, newResponse));
    }
    IdempotencyLevel old = was.getOptions().getIdempotencyLevel();
    IdempotencyLevel now = is.getOptions().getIdempotencyLevel();
    if (old != now) {
      int[] part = {
        MethodDescriptorProto.OPTIONS_FIELD_NUMBER, MethodOptions.IDEMPOTENCY_LEVEL_FIELD_NUMBER
      };
      found.add(
          RPC_SAME_IDEMPOTENCY_LEVEL,
          is.getFile(),
          after.find(is, part),
          changed("the idempotency_level of " + name, old, now));
    }
  }

  private static String shape(boolean streaming) {
    return streaming ? "a stream" : "one message";
  }

  private static String changed(String what, Object old, Object now) {
    return what + " changed from " + quoted(old) + " to " + quoted(now);
  }

  private static String quoted(Object value) {
    return "\"" + value + "\"";
  }
}
