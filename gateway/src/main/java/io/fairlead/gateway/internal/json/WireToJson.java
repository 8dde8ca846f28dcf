package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a message in protobuf's form, and writes it as JSON. Fields are written in the order in
 * which they come, which is that of their numbers if protobuf's own writers wrote them.
 */
final class WireToJson {
  /**
   * Thrown for a message whose fields come in parts: a field without {@code repeated} more than
   * once, two fields of a oneof, or the elements of one field not together. Such a message is
   * allowed, and writers do not make it. It is put in order first.
   */
  static final class Scattered extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Scattered() {
      super(null, null, false, false);
    }
  }

  // The fields of protobuf's own messages.
  private static final int FIRST_VARINT = (1 << 3) | WireFormat.WIRETYPE_VARINT;
  private static final int SECOND_VARINT = (2 << 3) | WireFormat.WIRETYPE_VARINT;
  private static final int FIRST_BYTES = (1 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int SECOND_BYTES = (2 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  /** Up to so many digits after the point, a number is written without a search. */
  private static final int MOST_DECIMALS = 7;

  private static final int DECIMALS = 10_000_000;

  private final byte[] bytes;
  private final WireInput in;
  private final Output out;
  private final Schemas schemas;
  private final boolean ordered;

  /**
   * Begins.
   *
   * @param ordered whether the message was put in order; what its Anys hold was not
   */
  WireToJson(byte[] bytes, Output out, Schemas schemas, boolean ordered) {
    this.bytes = bytes;
    this.in = new WireInput(bytes);
    this.out = out;
    this.schemas = schemas;
    this.ordered = ordered;
  }

  /** Puts a message in order. */
  static byte[] order(MessageSchema type, byte[] bytes, int from, int end) {
    try {
      return DynamicMessage.newBuilder(type.descriptor())
          .mergeFrom(UnsafeByteOperations.unsafeWrap(bytes, from, end - from))
          .buildPartial()
          .toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw WireInput.broken(String.valueOf(e.getMessage()));
    }
  }

  /** Writes a message that ends where the bytes do. */
  void message(MessageSchema type) {
    message(type, bytes.length, 0);
  }

  /** Writes the value of one field of a message; its default if it is not there. */
  void fieldOf(FieldSchema field) {
    int end = bytes.length;
    while (in.at() < end) {
      int start = in.at();
      int tag = in.tag(end);
      if (tag >>> 3 == field.number() && field.accepts(tag & 7)) {
        if (field.isMap()) {
          out.put('{');
          entries(field, start, end, 0);
          out.put('}');
        } else if (field.isRepeated()) {
          out.put('[');
          elements(field, tag, end, 0);
          out.put(']');
        } else if (!element(field, tag, end, 0)) {
          nothing(field);
        }
        // What is in parts may have others further on.
        while (in.at() < end) {
          int other = in.tag(end);
          boolean another = other >>> 3 == field.number() && field.accepts(other & 7);
          if (another && !(ordered && field.isClosedEnum())) {
            throw new Scattered();
          }
          in.skip(other, end, 0);
        }
        return;
      }
      in.skip(tag, end, 0);
    }
    if (field.isMap()) {
      out.ascii("{}");
    } else if (field.isRepeated()) {
      out.ascii("[]");
    } else if (field.isMessage()) {
      message(field.message(), end, 1);
    } else {
      nothing(field);
    }
  }

  /** Writes a single field that the message does not have. */
  private void nothing(FieldSchema field) {
    if (field.hasPresence()) {
      out.put(JsonText.NULL);
    } else {
      defaultOf(field);
    }
  }

  private void message(MessageSchema type, int end, int depth) {
    if (depth > WireInput.MAX_DEPTH) {
      throw WireInput.broken("it is nested too deep");
    }
    switch (type.form()) {
      case PLAIN -> {
        out.put('{');
        fields(type, end, 0, depth, true);
        out.put('}');
      }
      case ANY -> any(end, depth);
      case TIMESTAMP, DURATION -> time(type, end);
      case FIELD_MASK -> fieldMask(end);
      case STRUCT -> {
        out.put('{');
        run(type.numbered(1), end, depth);
        out.put('}');
      }
      case VALUE -> value(type, end, depth);
      case LIST -> {
        out.put('[');
        run(type.numbered(1), end, depth);
        out.put(']');
      }
      case WRAPPER -> wrapper(type.numbered(1), end);
    }
  }

  /**
   * Writes the fields of a message.
   *
   * @param group the number of the group that the fields are in; 0 if they end at an offset
   * @param nothing whether nothing is written in this object
   */
  private void fields(MessageSchema type, int end, int group, int depth, boolean nothing) {
    long seen = 0;
    long @Nullable [] wide = type.wideMarks();
    boolean empty = nothing;
    int expected = 0;
    while (in.at() < end) {
      int start = in.at();
      int tag = in.tag(end);
      if ((tag & 7) == WireFormat.WIRETYPE_END_GROUP) {
        if (tag >>> 3 != group) {
          throw WireInput.broken("a group ends that did not begin");
        }
        return;
      }
      FieldSchema field = type.at(expected);
      if (field == null || field.tag() != tag) {
        field = type.find(tag >>> 3);
        if (field == null || !field.accepts(tag & 7)) {
          in.skip(tag, end, depth);
          continue;
        }
      }
      expected = field.index() + 1;
      long bits = field.bit() | field.oneofBit();
      boolean first = wide == null ? (seen & bits) == 0 : mark(wide, field);
      seen |= bits;
      if (!first) {
        if (ordered && field.isClosedEnum()) {
          in.skip(tag, end, depth);
          continue;
        }
        throw new Scattered();
      }
      empty = field(field, start, tag, end, depth, empty);
    }
    if (group != 0) {
      throw WireInput.broken("it ends within a group");
    }
  }

  private static boolean mark(long[] marks, FieldSchema field) {
    boolean first = MessageSchema.mark(marks, field.index());
    return (field.oneofMark() < 0 || MessageSchema.mark(marks, field.oneofMark())) && first;
  }

  /** Writes a field with its name; returns whether the object still has none. */
  private boolean field(FieldSchema field, int start, int tag, int end, int depth, boolean empty) {
    int before = out.size();
    out.put(field.key(), empty ? 1 : 0);
    boolean written = true;
    if (field.isMap()) {
      out.put('{');
      entries(field, start, end, depth);
      out.put('}');
    } else if (field.isRepeated()) {
      out.put('[');
      written = elements(field, tag, end, depth);
      out.put(']');
    } else {
      written = element(field, tag, end, depth);
    }
    if (!written) {
      out.rewind(before);
    }
    return empty && !written;
  }

  /** Writes the elements of a message that is a list or a map itself. */
  private void run(FieldSchema field, int end, int depth) {
    boolean some = false;
    while (in.at() < end) {
      int start = in.at();
      int tag = in.tag(end);
      if (tag >>> 3 == field.number() && field.accepts(tag & 7)) {
        if (some) {
          throw new Scattered();
        }
        some = true;
        if (field.isMap()) {
          entries(field, start, end, depth);
        } else {
          elements(field, tag, end, depth);
        }
      } else {
        in.skip(tag, end, depth);
      }
    }
  }

  /** Writes the elements that follow each other; returns whether there are any. */
  private boolean elements(FieldSchema field, int firstTag, int end, int depth) {
    boolean some = false;
    int tag = firstTag;
    while (true) {
      if (field.isPack(tag & 7)) {
        int stop = in.delimited(end);
        while (in.at() < stop) {
          int before = out.size();
          comma(some);
          if (number(field, stop, true)) {
            some = true;
          } else {
            out.rewind(before);
          }
        }
      } else {
        int before = out.size();
        comma(some);
        if (element(field, tag, end, depth)) {
          some = true;
        } else {
          out.rewind(before);
        }
      }
      int next = in.at();
      if (next == end) {
        return some;
      }
      tag = in.tag(end);
      if (tag >>> 3 != field.number() || !field.accepts(tag & 7)) {
        in.seek(next);
        return some;
      }
    }
  }

  private void comma(boolean wanted) {
    if (wanted) {
      out.put(',');
    }
  }

  /**
   * Writes one value; returns false for one that JSON leaves out: a default of a field that does
   * not tell it from nothing, or a number that a closed enum does not have.
   */
  private boolean element(FieldSchema field, int tag, int end, int depth) {
    boolean keepDefault = field.isRepeated() || field.hasPresence();
    if (field.isNumber()) {
      return number(field, end, keepDefault);
    }
    switch (field.type()) {
      case MESSAGE -> {
        int stop = in.delimited(end);
        message(field.message(), stop, depth + 1);
        in.seek(stop);
      }
      case GROUP -> {
        if (depth >= WireInput.MAX_DEPTH) {
          throw WireInput.broken("it is nested too deep");
        }
        out.put('{');
        fields(field.message(), end, tag >>> 3, depth + 1, true);
        out.put('}');
      }
      case STRING -> {
        int stop = in.delimited(end);
        if (stop == in.at() && !keepDefault) {
          return false;
        }
        string(stop);
      }
      case BYTES -> {
        int stop = in.delimited(end);
        if (stop == in.at() && !keepDefault) {
          return false;
        }
        Base64Text.write(bytes, in.at(), stop, out);
        in.seek(stop);
      }
      default -> throw new IllegalStateException(field.type() + " is a number");
    }
    return true;
  }

  private void string(int stop) {
    int from = in.at();
    if (!out.plainString(bytes, from, stop)) {
      if (!Words.isUtf8(bytes, from, stop)) {
        throw WireInput.broken("a string is not UTF-8");
      }
      out.jsonString(bytes, from, stop);
    }
    in.seek(stop);
  }

  /** Writes a number, a name of an enum, or a truth value, as {@link #element} does. */
  private boolean number(FieldSchema field, int end, boolean keepDefault) {
    return switch (field.type()) {
      case BOOL -> truth(in.varint(end) != 0, keepDefault);
      case ENUM -> name(field.enumeration(), (int) in.varint(end), keepDefault);
      case INT32 -> {
        int value = (int) in.varint(end);
        yield decimal(value, keepDefault);
      }
      case UINT32 -> decimal(in.varint(end) & 0xffffffffL, keepDefault);
      case SINT32 -> {
        int value = (int) in.varint(end);
        yield decimal((value >>> 1) ^ -(value & 1), keepDefault);
      }
      case SFIXED32 -> decimal(in.fixed32(end), keepDefault);
      case FIXED32 -> decimal(in.fixed32(end) & 0xffffffffL, keepDefault);
      case INT64 -> quoted(in.varint(end), keepDefault);
      case SINT64 -> {
        long value = in.varint(end);
        yield quoted((value >>> 1) ^ -(value & 1), keepDefault);
      }
      case SFIXED64 -> quoted(in.fixed64(end), keepDefault);
      case UINT64 -> unsigned(in.varint(end), keepDefault);
      case FIXED64 -> unsigned(in.fixed64(end), keepDefault);
      case FLOAT -> float32(in.fixed32(end), keepDefault);
      case DOUBLE -> float64(in.fixed64(end), keepDefault);
      default -> throw new IllegalStateException(field.type() + " is no number");
    };
  }

  private boolean truth(boolean value, boolean keepDefault) {
    if (!value && !keepDefault) {
      return false;
    }
    out.put(value ? JsonText.TRUE : JsonText.FALSE);
    return true;
  }

  private boolean name(EnumSchema type, int number, boolean keepDefault) {
    Literal name = type.name(number);
    if ((number == 0 && !keepDefault) || (name == null && type.isClosed())) {
      return false;
    }
    if (type.isNull()) {
      out.put(JsonText.NULL);
    } else if (name == null) {
      out.decimal(number);
    } else {
      out.put(name);
    }
    return true;
  }

  private boolean decimal(long value, boolean keepDefault) {
    if (value == 0 && !keepDefault) {
      return false;
    }
    out.decimal(value);
    return true;
  }

  private boolean quoted(long value, boolean keepDefault) {
    if (value == 0 && !keepDefault) {
      return false;
    }
    out.put('"');
    out.decimal(value);
    out.put('"');
    return true;
  }

  private boolean unsigned(long value, boolean keepDefault) {
    if (value >= 0) {
      return quoted(value, keepDefault);
    }
    out.put('"');
    out.ascii(Long.toUnsignedString(value));
    out.put('"');
    return true;
  }

  private boolean float32(int bits, boolean keepDefault) {
    if (bits == 0 && !keepDefault) {
      return false;
    }
    float value = Float.intBitsToFloat(bits);
    if (Float.isFinite(value)) {
      out.ascii(Float.toString(value));
    } else {
      special(value);
    }
    return true;
  }

  private boolean float64(long bits, boolean keepDefault) {
    if (bits == 0 && !keepDefault) {
      return false;
    }
    float64(Double.longBitsToDouble(bits));
    return true;
  }

  private void float64(double value) {
    if (!Double.isFinite(value)) {
      special(value);
    } else if (!shortDecimal(value)) {
      out.ascii(Double.toString(value));
    }
  }

  /**
   * Writes a number of few digits, as {@link Double#toString} would. Most numbers are such, and it
   * would search long for the shortest form.
   */
  private boolean shortDecimal(double value) {
    double positive = Math.abs(value);
    if (positive >= 1e7 || (positive < 1e-3 && Double.doubleToRawLongBits(value) != 0)) {
      return false;
    }
    double shifted = Math.rint(positive * DECIMALS);
    // Both are exact, so that the division rounds as a reader does. Of two numbers of up to 15
    // digits, no two are the same double.
    if (shifted / DECIMALS != positive) {
      return false;
    }
    if (value < 0) {
      out.put('-');
    }
    long all = (long) shifted;
    out.decimal(all / DECIMALS);
    out.put('.');
    out.fraction((int) (all % DECIMALS), MOST_DECIMALS);
    return true;
  }

  private void special(double value) {
    out.ascii(Double.isNaN(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  }

  /** Writes the entries that follow each other, from the tag of the first one. */
  private void entries(FieldSchema field, int start, int end, int depth) {
    FieldSchema key = field.message().numbered(1);
    FieldSchema value = field.message().numbered(2);
    MapKeys keys = new MapKeys(in, start, end, key.tag());
    boolean some = false;
    in.seek(start);
    for (int i = 0; i < keys.count(); i++) {
      in.tag(end);
      int entryEnd = in.delimited(end);
      if (!keys.isReplaced(i)) {
        int before = out.size();
        comma(some);
        if (entry(key, value, entryEnd, depth + 1)) {
          some = true;
        } else {
          out.rewind(before);
        }
      }
      in.seek(entryEnd);
    }
  }

  /** Writes an entry; returns false for one that JSON leaves out. */
  private boolean entry(FieldSchema key, FieldSchema value, int end, int depth) {
    int start = in.at();
    int before = out.size();
    // What writers make: a key, then a value.
    if (start < end && in.tag(end) == key.tag()) {
      key(key, end);
      if (in.at() < end) {
        int tag = in.tag(end);
        if (tag == value.tag() && element(value, tag, end, depth) && in.at() == end) {
          return true;
        }
      }
      out.rewind(before);
    }
    in.seek(start);
    return anyEntry(key, value, end, depth);
  }

  /** Writes an entry whose fields come in any order, or not at all. */
  private boolean anyEntry(FieldSchema key, FieldSchema value, int end, int depth) {
    int keyAt = -1;
    int valueAt = -1;
    int valueTag = 0;
    while (in.at() < end) {
      int tag = in.tag(end);
      int at = in.at();
      if (tag >>> 3 == 1 && key.accepts(tag & 7)) {
        keyAt = at;
      } else if (tag >>> 3 == 2 && value.accepts(tag & 7)) {
        if (valueAt >= 0 && value.isMessage() && !ordered) {
          throw new Scattered();
        }
        valueAt = at;
        valueTag = tag;
      }
      in.skip(tag, end, depth);
    }
    if (keyAt < 0) {
      boolean quote = isBare(key);
      quote(quote);
      defaultOf(key);
      quote(quote);
      out.put(':');
    } else {
      in.seek(keyAt);
      key(key, end);
    }
    if (valueAt < 0) {
      in.seek(end);
      if (value.isMessage()) {
        message(value.message(), end, depth + 1);
      } else {
        defaultOf(value);
      }
    } else {
      in.seek(valueAt);
      if (!element(value, valueTag, end, depth)) {
        // Left out elsewhere; an entry needs a value.
        in.seek(valueAt);
        if (value.isNumber()) {
          return number(value, end, true);
        }
        out.ascii("\"\"");
      }
    }
    return true;
  }

  /** Writes a key, and a colon. */
  private void key(FieldSchema key, int end) {
    if (key.type() == FieldDescriptor.Type.STRING) {
      string(in.delimited(end));
    } else {
      boolean quote = isBare(key);
      quote(quote);
      number(key, end, true);
      quote(quote);
    }
    out.put(':');
  }

  /** Returns whether values have no quotes: those of strings and of 64 bits have them. */
  private static boolean isBare(FieldSchema field) {
    return switch (field.type()) {
      case STRING, INT64, SINT64, SFIXED64, UINT64, FIXED64 -> false;
      default -> true;
    };
  }

  private void quote(boolean wanted) {
    if (wanted) {
      out.put('"');
    }
  }

  private void defaultOf(FieldSchema field) {
    switch (field.type()) {
      case STRING, BYTES -> out.ascii("\"\"");
      case ENUM -> name(field.enumeration(), field.enumeration().first(), true);
      case BOOL -> truth(false, true);
      case FLOAT, DOUBLE -> float64(0.0);
      case INT64, SINT64, SFIXED64, UINT64, FIXED64 -> quoted(0, true);
      default -> out.decimal(0);
    }
  }

  private void time(MessageSchema type, int end) {
    long seconds = 0;
    int nanos = 0;
    while (in.at() < end) {
      int tag = in.tag(end);
      switch (tag) {
        case FIRST_VARINT -> seconds = in.varint(end);
        case SECOND_VARINT -> nanos = (int) in.varint(end);
        default -> in.skip(tag, end, 0);
      }
    }
    if (type.form() == MessageForm.TIMESTAMP) {
      Times.writeTimestamp(seconds, nanos, out);
    } else {
      Times.writeDuration(seconds, nanos, out);
    }
  }

  private void fieldMask(int end) {
    out.put('"');
    boolean some = false;
    while (in.at() < end) {
      int tag = in.tag(end);
      if (tag == FIRST_BYTES) {
        int stop = in.delimited(end);
        comma(some);
        some = true;
        path(stop);
        in.seek(stop);
      } else {
        in.skip(tag, end, 0);
      }
    }
    out.put('"');
  }

  /** Writes a path in camel case. One that could not be read back is refused. */
  private void path(int stop) {
    int from = in.at();
    Output camel = new Output(stop - from);
    for (int i = from; i < stop; i++) {
      byte b = bytes[i];
      boolean lower = b == '_' && i + 1 < stop && bytes[i + 1] >= 'a' && bytes[i + 1] <= 'z';
      if ((b == '_' && !lower) || (b >= 'A' && b <= 'Z') || b == ',') {
        throw new IllegalStateException(
            "JSON has no form for the path \""
                + new String(bytes, from, stop - from, UTF_8)
                + "\" of a FieldMask");
      }
      camel.put(lower ? bytes[++i] & ~0x20 : b);
    }
    byte[] text = camel.array();
    if (!Words.isUtf8(text, 0, camel.size())) {
      throw WireInput.broken("a string is not UTF-8");
    }
    // The quotes around all paths are there.
    int before = out.size();
    out.jsonString(text, 0, camel.size());
    byte[] quoted = Arrays.copyOfRange(out.array(), before + 1, out.size() - 1);
    out.rewind(before);
    out.put(quoted, 0, quoted.length);
  }

  private void value(MessageSchema type, int end, int depth) {
    FieldSchema kind = null;
    int kindTag = 0;
    int kindAt = 0;
    while (in.at() < end) {
      int tag = in.tag(end);
      FieldSchema field = type.find(tag >>> 3);
      int at = in.at();
      in.skip(tag, end, depth);
      if (field != null && field.accepts(tag & 7)) {
        if (kind != null) {
          throw new Scattered();
        }
        kind = field;
        kindTag = tag;
        kindAt = at;
      }
    }
    if (kind == null) {
      out.put(JsonText.NULL);
      return;
    }
    in.seek(kindAt);
    if (kind.type() == FieldDescriptor.Type.DOUBLE) {
      double number = Double.longBitsToDouble(in.fixed64(end));
      if (!Double.isFinite(number)) {
        throw new IllegalStateException(
            "JSON has no form for the number " + number + " of a Value");
      }
      float64(number);
    } else {
      element(kind, kindTag, end, depth);
    }
  }

  private void wrapper(FieldSchema field, int end) {
    int valueAt = -1;
    while (in.at() < end) {
      int tag = in.tag(end);
      if (tag == field.tag()) {
        valueAt = in.at();
      }
      in.skip(tag, end, 0);
    }
    if (valueAt < 0) {
      defaultOf(field);
      return;
    }
    in.seek(valueAt);
    switch (field.type()) {
      case STRING -> string(in.delimited(end));
      case BYTES -> {
        int stop = in.delimited(end);
        Base64Text.write(bytes, in.at(), stop, out);
      }
      default -> number(field, end, true);
    }
  }

  private void any(int end, int depth) {
    int urlFrom = 0;
    int urlEnd = 0;
    int from = end;
    int stop = end;
    while (in.at() < end) {
      int tag = in.tag(end);
      switch (tag) {
        case FIRST_BYTES -> {
          urlEnd = in.delimited(end);
          urlFrom = in.at();
          in.seek(urlEnd);
        }
        case SECOND_BYTES -> {
          stop = in.delimited(end);
          from = in.at();
          in.seek(stop);
        }
        default -> in.skip(tag, end, depth);
      }
    }
    if (urlFrom == urlEnd && from == stop) {
      out.ascii("{}");
      return;
    }
    String url = new String(bytes, urlFrom, urlEnd - urlFrom, UTF_8);
    MessageSchema type = schemas.ofUrl(url);
    if (type == null) {
      throw new IllegalStateException(
          "an Any has the type \"" + url + "\", which nobody here knows");
    }
    out.ascii("{\"@type\":");
    in.seek(urlFrom);
    string(urlEnd);
    if (ordered) {
      byte[] inner = order(type, bytes, from, stop);
      new WireToJson(inner, out, schemas, true).content(type, inner.length, depth + 1);
    } else {
      in.seek(from);
      content(type, stop, depth + 1);
    }
    out.put('}');
  }

  /** Writes what an Any holds, after its type. */
  private void content(MessageSchema type, int end, int depth) {
    if (type.form() == MessageForm.PLAIN) {
      if (depth > WireInput.MAX_DEPTH) {
        throw WireInput.broken("it is nested too deep");
      }
      fields(type, end, 0, depth, false);
    } else {
      out.ascii(",\"value\":");
      message(type, end, depth);
    }
  }
}
