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
  /** Numbers below this are looked up in an array. */
  private static final int DENSE = 128;

  private final Descriptor descriptor;
  private final MessageForm form;

  /** In the order of their numbers, which is that of most writers. */
  private final FieldSchema[] fields;

  private final @Nullable FieldSchema[] dense;
  private final Map<Integer, FieldSchema> sparse = new HashMap<>();
  private final NameTable names;
  private final int marks;

  MessageSchema(Descriptor descriptor, Schemas schemas) {
    this.descriptor = descriptor;
    this.form = MessageForm.of(descriptor);
    List<FieldDescriptor> ordered = new ArrayList<>(descriptor.getFields());
    ordered.sort(Comparator.comparingInt(FieldDescriptor::getNumber));
    this.fields = new FieldSchema[ordered.size()];
    this.dense = new FieldSchema[DENSE];
    Map<String, Integer> named = new HashMap<>();
    List<OneofDescriptor> oneofs = descriptor.getRealOneofs();
    this.marks = fields.length + oneofs.size();
    for (int i = 0; i < fields.length; i++) {
      FieldDescriptor each = ordered.get(i);
      OneofDescriptor oneof = each.getRealContainingOneof();
      int mark = oneof == null ? -1 : fields.length + oneofs.indexOf(oneof);
      FieldSchema field = new FieldSchema(each, i, mark, marks, schemas);
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
  }

  Descriptor descriptor() {
    return descriptor;
  }

  MessageForm form() {
    return form;
  }

  /**
   * Returns the marks of a message that has more than a long has bits: for each field, and for each
   * oneof, whether it was there. Null for others.
   */
  long @Nullable [] wideMarks() {
    return marks <= Long.SIZE ? null : new long[(marks + Long.SIZE - 1) / Long.SIZE];
  }

  /** Sets a mark; returns false if it was set. */
  static boolean mark(long[] marks, int index) {
    long bit = 1L << index;
    boolean first = (marks[index / Long.SIZE] & bit) == 0;
    marks[index / Long.SIZE] |= bit;
    return first;
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

  /** Returns the field at a place in the order of numbers; null behind the last one. */
  @Nullable FieldSchema at(int index) {
    return index < fields.length ? fields[index] : null;
  }

  /** Returns the field of a name; null without one. */
  @Nullable FieldSchema named(byte[] text, int from, int to) {
    int index = names.find(text, from, to, -1);
    return index < 0 ? null : fields[index];
  }
}
