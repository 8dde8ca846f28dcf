package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What reading and writing a field needs to know of it. Immutable, but for what is made late. */
final class FieldSchema {
  private final FieldDescriptor descriptor;
  private final Schemas schemas;
  private final FieldDescriptor.Type type;
  private final int index;
  private final int oneofMark;
  private final long bit;
  private final long oneofBit;
  private final int wireType;
  private final int tag;
  private final boolean map;
  private final boolean repeated;
  private final boolean packed;
  private final boolean packable;
  private final boolean number;
  private final boolean presence;
  private final boolean nullable;
  private final boolean closed;
  private final Literal quotedName;
  private final String typeName;
  private final Literal key;
  private final @Nullable EnumSchema enumeration;

  /** Made late, as messages contain each other. Two threads may both make it: they are equal. */
  private volatile @Nullable MessageSchema message;

  /**
   * Makes it.
   *
   * @param marks how many marks its message has
   */
  FieldSchema(FieldDescriptor descriptor, int index, int oneofMark, int marks, Schemas schemas) {
    this.descriptor = descriptor;
    this.schemas = schemas;
    this.type = descriptor.getType();
    this.index = index;
    this.oneofMark = oneofMark;
    boolean few = marks <= Long.SIZE;
    this.bit = few ? 1L << index : 0;
    this.oneofBit = few && oneofMark >= 0 ? 1L << oneofMark : 0;
    this.wireType = wireType(type);
    this.map = descriptor.isMapField();
    this.repeated = descriptor.isRepeated();
    this.packed = descriptor.isPacked();
    this.packable = descriptor.isPackable();
    this.number =
        switch (type) {
          case STRING, BYTES, MESSAGE, GROUP -> false;
          default -> true;
        };
    this.presence = descriptor.hasPresence();
    this.tag =
        (descriptor.getNumber() << 3) | (packed ? WireFormat.WIRETYPE_LENGTH_DELIMITED : wireType);
    byte[] name = descriptor.getJsonName().getBytes(UTF_8);
    Output written = new Output(name.length + 4);
    written.put(',');
    written.jsonString(name, 0, name.length);
    written.put(':');
    this.key = new Literal(written.toByteArray());
    this.quotedName = new Literal(Arrays.copyOfRange(written.array(), 1, written.size() - 1));
    this.enumeration =
        type == FieldDescriptor.Type.ENUM ? schemas.of(descriptor.getEnumType()) : null;
    this.typeName = typeName(descriptor);
    this.closed = isClosed(descriptor);
    this.nullable =
        !repeated
            && (type == FieldDescriptor.Type.MESSAGE
                ? descriptor.getMessageType().getFullName().equals("google.protobuf.Value")
                : enumeration != null && enumeration.isNull());
  }

  private static boolean isClosed(FieldDescriptor field) {
    FieldDescriptor value =
        field.isMapField() ? field.getMessageType().findFieldByNumber(2) : field;
    return value.getType() == FieldDescriptor.Type.ENUM && value.getEnumType().isClosed();
  }

  private static int wireType(FieldDescriptor.Type type) {
    return switch (type) {
      case FIXED64, SFIXED64, DOUBLE -> WireFormat.WIRETYPE_FIXED64;
      case FIXED32, SFIXED32, FLOAT -> WireFormat.WIRETYPE_FIXED32;
      case STRING, BYTES, MESSAGE -> WireFormat.WIRETYPE_LENGTH_DELIMITED;
      case GROUP -> WireFormat.WIRETYPE_START_GROUP;
      case INT32, INT64, UINT32, UINT64, SINT32, SINT64, BOOL, ENUM -> WireFormat.WIRETYPE_VARINT;
    };
  }

  FieldDescriptor descriptor() {
    return descriptor;
  }

  FieldDescriptor.Type type() {
    return type;
  }

  int number() {
    return tag >>> 3;
  }

  /** Returns the place of the field among those of its message, by number. */
  int index() {
    return index;
  }

  /** Returns the mark of the oneof that it belongs to; -1 without one. */
  int oneofMark() {
    return oneofMark;
  }

  /** Returns its mark as a bit; 0 if the message has too many for a long. */
  long bit() {
    return bit;
  }

  /** Returns the mark of its oneof as a bit; 0 without one, or if there are too many. */
  long oneofBit() {
    return oneofBit;
  }

  /** Returns the tag that it is written with. */
  int tag() {
    return tag;
  }

  /** Returns the tag that ends it, if it is a group. */
  int endTag() {
    return (number() << 3) | WireFormat.WIRETYPE_END_GROUP;
  }

  /** Returns whether it is read from this form: numbers are read packed or not. */
  boolean accepts(int wire) {
    return wire == wireType || (packable && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED);
  }

  /** Returns whether a form holds many numbers. */
  boolean isPack(int wire) {
    return packable && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  /** Returns whether a value is a number, a name of an enum, or a truth value. */
  boolean isNumber() {
    return number;
  }

  boolean isMap() {
    return map;
  }

  boolean isRepeated() {
    return repeated;
  }

  boolean isPacked() {
    return packed;
  }

  boolean hasPresence() {
    return presence;
  }

  /** Returns whether null is a value of it, and not the lack of one. */
  boolean takesNull() {
    return nullable;
  }

  /**
   * Returns whether a value may be unknown, as it is a number that its enum does not have. Readers
   * put such a value behind all known fields.
   */
  boolean isClosedEnum() {
    return closed;
  }

  /** Returns whether a field mask names it as a whole, as it has no fields of its own. */
  boolean isOpaque() {
    return repeated
        || !isMessage()
        || MessageForm.of(descriptor.getMessageType()) != MessageForm.PLAIN;
  }

  boolean isMessage() {
    return type == FieldDescriptor.Type.MESSAGE || type == FieldDescriptor.Type.GROUP;
  }

  /** Returns its name in JSON, as most writers write it. */
  Literal quotedName() {
    return quotedName;
  }

  /** Returns a comma, the name in JSON and a colon. */
  Literal key() {
    return key;
  }

  /** Returns the type of a message. */
  MessageSchema message() {
    MessageSchema known = message;
    if (known == null) {
      known = schemas.of(descriptor.getMessageType());
      message = known;
    }
    return known;
  }

  /** Returns the values of an enum. */
  EnumSchema enumeration() {
    EnumSchema known = enumeration;
    if (known == null) {
      throw new IllegalStateException(descriptor.getFullName() + " is no enum");
    }
    return known;
  }

  /** Returns the type as a contract writes it. */
  String typeName() {
    return typeName;
  }

  private static String typeName(FieldDescriptor field) {
    return switch (field.getType()) {
      case ENUM -> field.getEnumType().getFullName();
      case MESSAGE, GROUP -> field.getMessageType().getFullName();
      default -> field.getType().name().toLowerCase(Locale.ROOT);
    };
  }
}
