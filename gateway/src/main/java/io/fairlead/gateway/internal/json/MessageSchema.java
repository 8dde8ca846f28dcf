package io.fairlead.gateway.internal.json;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What reading and writing a message needs to know of its type. Immutable. */
final class MessageSchema {
  /** Whether a message has a form of JSON of its own. */
  enum Kind {
    PLAIN,
    ANY,
    TIMESTAMP,
    DURATION,
    FIELD_MASK,
    STRUCT,
    VALUE,
    LIST,
    WRAPPER
  }

  /** Numbers below this are looked up in an array. */
  private static final int DENSE = 128;

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("google.protobuf.Any", Kind.ANY),
          Map.entry("google.protobuf.Timestamp", Kind.TIMESTAMP),
          Map.entry("google.protobuf.Duration", Kind.DURATION),
          Map.entry("google.protobuf.FieldMask", Kind.FIELD_MASK),
          Map.entry("google.protobuf.Struct", Kind.STRUCT),
          Map.entry("google.protobuf.Value", Kind.VALUE),
          Map.entry("google.protobuf.ListValue", Kind.LIST),
          Map.entry("google.protobuf.BoolValue", Kind.WRAPPER),
          Map.entry("google.protobuf.BytesValue", Kind.WRAPPER),
          Map.entry("google.protobuf.DoubleValue", Kind.WRAPPER),
          Map.entry("google.protobuf.FloatValue", Kind.WRAPPER),
          Map.entry("google.protobuf.Int32Value", Kind.WRAPPER),
          Map.entry("google.protobuf.Int64Value", Kind.WRAPPER),
          Map.entry("google.protobuf.StringValue", Kind.WRAPPER),
          Map.entry("google.protobuf.UInt32Value", Kind.WRAPPER),
          Map.entry("google.protobuf.UInt64Value", Kind.WRAPPER));

  private final Descriptor descriptor;
  private final Kind kind;

  /** In the order of their numbers, which is that of most writers. */
  private final FieldSchema[] fields;

  private final @Nullable FieldSchema[] dense;
  private final Map<Integer, FieldSchema> sparse = new HashMap<>();
  private final NameTable names;
  private final int marks;

  MessageSchema(Descriptor descriptor, Schemas schemas) {
    this.descriptor = descriptor;
    this.kind = KINDS.getOrDefault(descriptor.getFullName(), Kind.PLAIN);
    List<FieldDescriptor> ordered = new ArrayList<>(descriptor.getFields());
    ordered.sort(Comparator.comparingInt(FieldDescriptor::getNumber));
    this.fields = new FieldSchema[ordered.size()];
    this.dense = new FieldSchema[DENSE];
    Map<String, Integer> named = new HashMap<>();
    List<OneofDescriptor> oneofs = descriptor.getRealOneofs();
    for (int i = 0; i < fields.length; i++) {
      FieldDescriptor each = ordered.get(i);
      OneofDescriptor oneof = each.getRealContainingOneof();
      int mark = oneof == null ? -1 : fields.length + oneofs.indexOf(oneof);
      FieldSchema field = new FieldSchema(each, i, mark, schemas);
      fields[i] = field;
      if (each.getNumber() < DENSE) {
        dense[each.getNumber()] = field;
      } else {
        sparse.put(each.getNumber(), field);
      }
      named.put(each.getJsonName(), i);
    }
    for (int i = 0; i < fields.length; i++) {
      named.putIfAbsent(fields[i].descriptor().getName(), i);
    }
    this.names = new NameTable(named);
    this.marks = fields.length + oneofs.size();
  }

  Descriptor descriptor() {
    return descriptor;
  }

  Kind kind() {
    return kind;
  }

  /** Returns how many things may be there once: each field, and each oneof. */
  int marks() {
    return marks;
  }

  /** Returns the field of a number that the type surely has. */
  FieldSchema numbered(int number) {
    FieldSchema field = find(number);
    if (field == null) {
      throw new IllegalStateException(descriptor.getFullName() + " has no field " + number);
    }
    return field;
  }

  /** Returns the field of a number; null without one. */
  @Nullable FieldSchema find(int number) {
    return number < DENSE && number >= 0 ? dense[number] : sparse.get(number);
  }

  /**
   * Returns the field of a name; null without one.
   *
   * @param expected the index of the field that most writers would name here
   */
  @Nullable FieldSchema named(byte[] text, int from, int to, int expected) {
    if (expected < fields.length && fields[expected].isNamed(text, from, to)) {
      return fields[expected];
    }
    int index = names.find(text, from, to, -1);
    return index < 0 ? null : fields[index];
  }
}
