package io.fairlead.codegen.names;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The getter that protoc writes for a singular field. */
public final class FieldGetter {
  /** Fields of these names would hide what every message has, so protoc adds an underscore. */
  private static final Set<String> EVADED =
      Set.of(
          "AllFields",
          "CachedSize",
          "Class",
          "DefaultInstanceForType",
          "DescriptorForType",
          "InitializationErrorString",
          "ParserForType",
          "SerializedSize",
          "UnknownFields");

  /** What protoc appends for the further accessors of a field. */
  private static final List<String> SUFFIXES =
      List.of(
          "",
          "Builder",
          "Bytes",
          "Count",
          "List",
          "Map",
          "OrBuilder",
          "OrDefault",
          "OrThrow",
          "Value");

  private FieldGetter() {}

  /** Its name, without the parentheses. */
  public static String of(FieldDescriptor field) {
    String name = "get" + javaName(field);
    // A number that this program does not know has no constant.
    boolean open =
        field.getType() == FieldDescriptor.Type.ENUM && !field.legacyEnumFieldTreatedAsClosed();
    return open ? name + "Value" : name;
  }

  /**
   * Another field that makes protoc number the getters of both, which nobody should have to
   * predict.
   */
  public static Optional<FieldDescriptor> rival(FieldDescriptor field) {
    String own = javaName(field);
    for (FieldDescriptor other : field.getContainingType().getFields()) {
      if (other != field && (meets(own, javaName(other)) || meets(javaName(other), own))) {
        return Optional.of(other);
      }
    }
    return Optional.empty();
  }

  private static boolean meets(String name, String other) {
    return SUFFIXES.stream().anyMatch(suffix -> other.equals(name + suffix));
  }

  private static String javaName(FieldDescriptor field) {
    String name = camelCase(isGroup(field) ? field.getMessageType().getName() : field.getName());
    return EVADED.contains(name) ? name + "_" : name;
  }

  /** A group's field is called after its message, in the message's own spelling. */
  private static boolean isGroup(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.GROUP
        && field.getName().equals(field.getMessageType().getName().toLowerCase(Locale.ROOT))
        && field.getMessageType().getContainingType() == field.getContainingType();
  }

  private static String camelCase(String name) {
    StringBuilder joined = new StringBuilder();
    boolean upper = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '_') {
        upper = true;
      } else {
        joined.append(upper ? Character.toUpperCase(c) : c);
        upper = Character.isDigit(c);
      }
    }
    return joined.toString();
  }
}
