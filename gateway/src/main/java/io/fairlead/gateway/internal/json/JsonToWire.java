package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.WireFormat;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON text, and writes it in protobuf's form. Fields are written in the order of the
 * text.
 */
final class JsonToWire {
  // The fields of protobuf's own messages.
  private static final int FIRST_VARINT = (1 << 3) | WireFormat.WIRETYPE_VARINT;
  private static final int SECOND_VARINT = (2 << 3) | WireFormat.WIRETYPE_VARINT;
  private static final int FIRST_BYTES = (1 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int SECOND_BYTES = (2 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int VALUE_NUMBER = (2 << 3) | WireFormat.WIRETYPE_FIXED64;
  private static final int VALUE_STRING = (3 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int VALUE_BOOL = (4 << 3) | WireFormat.WIRETYPE_VARINT;
  private static final int VALUE_STRUCT = (5 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int VALUE_LIST = (6 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  /** How many times its own length a text may be searched for {@code @type}. */
  private static final int SEARCHES = 4;

  private static final String TYPE = "@type";

  private final JsonText in;
  private final Output out;
  private final Schemas schemas;
  private final boolean parameters;
  private long searchable;

  /** What has been read, if somebody asks for it. */
  private @Nullable ReadPaths paths;

  /**
   * Begins.
   *
   * @param parameters whether values come from a path or a query. They are texts, so that an enum's
   *     number is one too, and defaults are written, as they replace what a body says
   */
  JsonToWire(JsonText in, int length, Output out, Schemas schemas, boolean parameters) {
    this.in = in;
    this.out = out;
    this.schemas = schemas;
    this.parameters = parameters;
    this.searchable = (long) SEARCHES * length;
  }

  /** Reads a message, and writes its fields. */
  void message(MessageSchema type, int depth) {
    if (depth > WireInput.MAX_DEPTH) {
      throw tooDeep(in.here());
    }
    switch (type.form()) {
      case PLAIN -> plain(type, depth, false);
      case ANY -> any(depth);
      case TIMESTAMP -> {
        in.string();
        time(Times.timestamp(in.text(), in.from(), in.to()));
      }
      case DURATION -> {
        in.string();
        time(Times.duration(in.text(), in.from(), in.to()));
      }
      case FIELD_MASK -> fieldMask();
      case STRUCT -> struct(depth);
      case VALUE -> value(depth);
      case LIST -> list(depth);
      case WRAPPER -> single(type.numbered(1), depth, parameters);
    }
  }

  private void plain(MessageSchema type, int depth, boolean withinAny) {
    in.open('{');
    if (in.isEmpty('}')) {
      return;
    }
    long seen = 0;
    long @Nullable [] wide = type.wideMarks();
    int expected = 0;
    boolean typed = false;
    do {
      FieldSchema field = type.at(expected);
      if (field == null || !in.name(field.quotedName())) {
        in.name();
        field = type.named(in.text(), in.from(), in.to());
      }
      int name = in.start();
      if (field == null) {
        if (withinAny && !typed && in.is(TYPE)) {
          typed = true;
          in.string();
          continue;
        }
        throw unknown(type, name);
      }
      expected = field.index() + 1;
      if ((seen & field.bit()) != 0 || (wide != null && !MessageSchema.mark(wide, field.index()))) {
        throw twice(field, name);
      }
      seen |= field.bit();
      if (field(field, depth) && field.oneofMark() >= 0) {
        if ((seen & field.oneofBit()) != 0
            || (wide != null && !MessageSchema.mark(wide, field.oneofMark()))) {
          throw JsonFault.value(name, "another field of the same oneof is set before");
        }
        seen |= field.oneofBit();
      }
    } while (in.more('}'));
  }

  private JsonFault unknown(MessageSchema type, int name) {
    return JsonFault.value(
        name, type.descriptor().getFullName() + " has no field " + in.quoted(name));
  }

  private static JsonFault twice(FieldSchema field, int name) {
    return JsonFault.value(name, "the field " + field.descriptor().getName() + " is set twice");
  }

  /** Reads the value of a field as {@link #field} does, and notes the paths of what is in it. */
  void field(FieldSchema field, ReadPaths found) {
    paths = found;
    value(field, 0);
  }

  /** Reads the value of a field, and writes the field; returns false for null. */
  boolean field(FieldSchema field, int depth) {
    ReadPaths noted = paths;
    if (noted == null) {
      return value(field, depth);
    }
    // Within a list, a map or a message of protobuf's own, nothing has a path.
    paths = field.isOpaque() ? null : noted;
    int outer = noted.enter(field.descriptor().getName());
    boolean set = value(field, depth);
    noted.leave(outer);
    paths = noted;
    return set;
  }

  private boolean value(FieldSchema field, int depth) {
    if (in.peek() == 'n' && !field.takesNull() && in.literal(JsonText.NULL)) {
      return false;
    }
    if (field.isMap()) {
      map(field, depth);
    } else if (field.isRepeated()) {
      repeated(field, depth);
    } else {
      single(field, depth, parameters || field.hasPresence());
    }
    return true;
  }

  private void repeated(FieldSchema field, int depth) {
    in.open('[');
    if (in.isEmpty(']')) {
      return;
    }
    if (!field.isPacked()) {
      do {
        single(field, depth, true);
      } while (in.more(']'));
      return;
    }
    out.varint(field.tag());
    int begun = out.begin();
    do {
      number(field, scalar(field));
    } while (in.more(']'));
    out.end(begun);
  }

  /** Reads and writes one value, with its tag. */
  private void single(FieldSchema field, int depth, boolean keepDefault) {
    switch (field.type()) {
      case MESSAGE -> {
        out.varint(field.tag());
        int begun = out.begin();
        message(field.message(), depth + 1);
        out.end(begun);
      }
      case GROUP -> {
        out.varint(field.tag());
        message(field.message(), depth + 1);
        out.varint(field.endTag());
      }
      case STRING -> {
        in.string();
        if (keepDefault || in.to() > in.from()) {
          out.varint(field.tag());
          out.delimited(in.text(), in.from(), in.to());
        }
      }
      case BYTES -> {
        in.string();
        if (keepDefault || in.to() > in.from()) {
          out.varint(field.tag());
          int begun = out.begin();
          Base64Text.read(in.text(), in.from(), in.to(), out);
          out.end(begun);
        }
      }
      default -> {
        long bits = scalar(field);
        if (keepDefault || bits != 0) {
          out.varint(field.tag());
          number(field, bits);
        }
      }
    }
  }

  private void number(FieldSchema field, long bits) {
    switch (field.type()) {
      case SINT32, SINT64 -> out.varint((bits << 1) ^ (bits >> 63));
      case FIXED32, SFIXED32, FLOAT -> out.fixed32((int) bits);
      case FIXED64, SFIXED64, DOUBLE -> out.fixed64(bits);
      default -> out.varint(bits);
    }
  }

  /** Reads a number, a bool or an enum. */
  private long scalar(FieldSchema field) {
    return switch (field.type()) {
      case BOOL -> bool(field);
      case ENUM -> enumeration(field);
      case FLOAT -> Float.floatToRawIntBits(float32(field)) & 0xffffffffL;
      case DOUBLE -> Double.doubleToRawLongBits(float64(field));
      case UINT64, FIXED64 -> unsigned(field);
      case INT64, SINT64, SFIXED64 -> integer(field, Long.MIN_VALUE, Long.MAX_VALUE);
      case UINT32, FIXED32 -> integer(field, 0, 0xffffffffL);
      default -> integer(field, Integer.MIN_VALUE, Integer.MAX_VALUE);
    };
  }

  private long integer(FieldSchema field, long least, long most) {
    long whole = in.whole();
    if (whole != JsonText.NOT_WHOLE) {
      return Numbers.between(whole, least, most, field.typeName());
    }
    digits(field);
    return Numbers.integer(in.text(), in.from(), in.to(), least, most, field.typeName());
  }

  private long unsigned(FieldSchema field) {
    long whole = in.whole();
    if (whole != JsonText.NOT_WHOLE) {
      return Numbers.between(whole, 0, Long.MAX_VALUE, field.typeName());
    }
    digits(field);
    return Numbers.unsigned(in.text(), in.from(), in.to());
  }

  /** Reads a number or a string that holds one. */
  private void digits(FieldSchema field) {
    int next = in.peek();
    if (next == '"') {
      in.string();
      if (!isNumber()) {
        throw in.unexpected(Types.article(field.typeName()));
      }
    } else if (next == '-' || (next >= '0' && next <= '9')) {
      in.number();
    } else {
      throw wrong(Types.article(field.typeName()));
    }
  }

  /** Returns whether the last string is a number. */
  private boolean isNumber() {
    return in.to() > in.from()
        && in.to() - in.from() <= JsonText.MAX_NUMBER
        && JsonText.numberEnd(in.text(), in.from(), in.to()) == in.to();
  }

  /** Returns an error about the next value. */
  private JsonFault wrong(String expected) {
    in.mark();
    return in.unexpected(expected);
  }

  private float float32(FieldSchema field) {
    double special = special(field);
    return special == 0 ? Numbers.float32(in.text(), in.from(), in.to()) : (float) special;
  }

  private double float64(FieldSchema field) {
    double special = special(field);
    return special == 0 ? Numbers.float64(in.text(), in.from(), in.to()) : special;
  }

  /** Reads a number; returns 0 unless it is one that only a string can hold. */
  private double special(FieldSchema field) {
    if (in.peek() != '"') {
      digits(field);
      return 0;
    }
    in.string();
    if (in.is("NaN")) {
      return Double.NaN;
    }
    if (in.is("Infinity")) {
      return Double.POSITIVE_INFINITY;
    }
    if (in.is("-Infinity")) {
      return Double.NEGATIVE_INFINITY;
    }
    if (!isNumber()) {
      throw in.unexpected(Types.article(field.typeName()));
    }
    return 0;
  }

  private long bool(FieldSchema field) {
    if (in.literal(JsonText.TRUE)) {
      return 1;
    }
    if (in.literal(JsonText.FALSE)) {
      return 0;
    }
    throw wrong(Types.article(field.typeName()));
  }

  private long enumeration(FieldSchema field) {
    EnumSchema type = field.enumeration();
    int next = in.peek();
    if (next == 'n' && type.isNull() && in.literal(JsonText.NULL)) {
      return 0;
    }
    if (next == '"') {
      in.string();
      long number = type.number(in.text(), in.from(), in.to());
      if (number != EnumSchema.NONE) {
        return number;
      }
      if (!parameters || !isNumber()) {
        throw JsonFault.value(
            in.start(), in.unexpected("a value").getMessage() + "; " + type.listed());
      }
    } else if (next == '-' || (next >= '0' && next <= '9')) {
      in.number();
    } else {
      throw wrong("a value of " + field.typeName());
    }
    long number =
        Numbers.integer(
            in.text(), in.from(), in.to(), Integer.MIN_VALUE, Integer.MAX_VALUE, "enum");
    if (type.isClosed() && type.name((int) number) == null) {
      throw JsonFault.value(
          in.start(), in.unexpected("a value").getMessage() + "; " + type.listed());
    }
    return number;
  }

  private void map(FieldSchema field, int depth) {
    in.open('{');
    int start = in.start();
    if (in.isEmpty('}')) {
      return;
    }
    if (depth >= WireInput.MAX_DEPTH) {
      throw tooDeep(start);
    }
    FieldSchema key = field.message().numbered(1);
    FieldSchema value = field.message().numbered(2);
    int first = out.size();
    int entries = 0;
    do {
      out.varint(field.tag());
      int begun = out.begin();
      in.name();
      key(key);
      single(value, depth + 1, true);
      out.end(begun);
      entries++;
    } while (in.more('}'));
    if (entries > 1) {
      checkKeys(first, start, key.tag());
    }
  }

  private void key(FieldSchema key) {
    out.varint(key.tag());
    switch (key.type()) {
      case STRING -> out.delimited(in.text(), in.from(), in.to());
      case BOOL -> {
        boolean yes = in.is("true");
        if (!yes && !in.is("false")) {
          throw JsonFault.value(in.start(), "a key is neither \"true\" nor \"false\"");
        }
        out.varint(yes ? 1 : 0);
      }
      default -> {
        if (!isNumber()) {
          throw JsonFault.value(in.start(), "a key is not " + Types.article(key.typeName()));
        }
        number(
            key,
            switch (key.type()) {
              case UINT64, FIXED64 -> Numbers.unsigned(in.text(), in.from(), in.to());
              case INT64, SINT64, SFIXED64 -> key(key, Long.MIN_VALUE, Long.MAX_VALUE);
              case UINT32, FIXED32 -> key(key, 0, 0xffffffffL);
              default -> key(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
            });
      }
    }
  }

  private long key(FieldSchema key, long least, long most) {
    return Numbers.integer(in.text(), in.from(), in.to(), least, most, key.typeName());
  }

  private void checkKeys(int first, int start, int keyTag) {
    if (new MapKeys(new WireInput(out.array()), first, out.size(), keyTag).hasReplaced()) {
      throw JsonFault.value(start, "two members have the same key");
    }
  }

  private void time(Times times) {
    if (parameters || times.seconds() != 0) {
      out.varint(FIRST_VARINT);
      out.varint(times.seconds());
    }
    if (parameters || times.nanos() != 0) {
      out.varint(SECOND_VARINT);
      out.varint(times.nanos());
    }
  }

  private void fieldMask() {
    in.string();
    byte[] text = in.text();
    int to = in.to();
    int i = in.from();
    if (i == to) {
      return;
    }
    while (true) {
      out.varint(FIRST_BYTES);
      int begun = out.begin();
      for (; i < to && text[i] != ','; i++) {
        byte b = text[i];
        if (b >= 'A' && b <= 'Z') {
          out.put('_');
          out.put(b | 0x20);
        } else if (b != '_' || parameters) {
          out.put(b);
        } else {
          throw in.unexpected("a field mask such as \"name,author.bornIn\"");
        }
      }
      if (out.size() == begun) {
        throw in.unexpected("a field mask, as a path of it is empty");
      }
      out.end(begun);
      if (i++ == to) {
        return;
      }
    }
  }

  private void struct(int depth) {
    in.open('{');
    int start = in.start();
    if (in.isEmpty('}')) {
      return;
    }
    int first = out.size();
    do {
      out.varint(FIRST_BYTES);
      int entry = out.begin();
      in.name();
      out.varint(FIRST_BYTES);
      out.delimited(in.text(), in.from(), in.to());
      out.varint(SECOND_BYTES);
      int begun = out.begin();
      value(depth + 2);
      out.end(begun);
      out.end(entry);
    } while (in.more('}'));
    checkKeys(first, start, FIRST_BYTES);
  }

  private void list(int depth) {
    in.open('[');
    if (in.isEmpty(']')) {
      return;
    }
    do {
      out.varint(FIRST_BYTES);
      int begun = out.begin();
      value(depth + 1);
      out.end(begun);
    } while (in.more(']'));
  }

  private void value(int depth) {
    if (depth > WireInput.MAX_DEPTH) {
      throw tooDeep(in.here());
    }
    int next = in.peek();
    switch (next) {
      case '{' -> {
        out.varint(VALUE_STRUCT);
        int begun = out.begin();
        struct(depth + 1);
        out.end(begun);
      }
      case '[' -> {
        out.varint(VALUE_LIST);
        int begun = out.begin();
        list(depth + 1);
        out.end(begun);
      }
      case '"' -> {
        in.string();
        out.varint(VALUE_STRING);
        out.delimited(in.text(), in.from(), in.to());
      }
      default -> {
        if (in.literal(JsonText.NULL)) {
          out.varint(FIRST_VARINT);
          out.varint(0);
        } else if (in.literal(JsonText.TRUE)) {
          out.varint(VALUE_BOOL);
          out.varint(1);
        } else if (in.literal(JsonText.FALSE)) {
          out.varint(VALUE_BOOL);
          out.varint(0);
        } else {
          in.number();
          out.varint(VALUE_NUMBER);
          out.fixed64(Double.doubleToRawLongBits(Numbers.float64(in.text(), in.from(), in.to())));
        }
      }
    }
  }

  private void any(int depth) {
    int begin = in.here();
    in.open('{');
    int start = in.start();
    if (in.isEmpty('}')) {
      return;
    }
    MessageSchema type = findType(start);
    out.varint(FIRST_BYTES);
    out.delimited(in.text(), in.from(), in.to());
    in.rewind(begin);
    out.varint(SECOND_BYTES);
    int begun = out.begin();
    if (depth >= WireInput.MAX_DEPTH) {
      throw tooDeep(start);
    }
    if (type.form() == MessageForm.PLAIN) {
      plain(type, depth + 1, true);
    } else {
      wellKnown(type, depth + 1);
    }
    if (out.size() == begun) {
      out.rewind(begun - 2);
    } else {
      out.end(begun);
    }
  }

  /** Reads on until the member that tells the type, which may be the last one. */
  private MessageSchema findType(int start) {
    int from = in.here();
    do {
      in.name();
      if (in.is(TYPE)) {
        in.string();
        MessageSchema type =
            schemas.ofUrl(new String(in.text(), in.from(), in.to() - in.from(), UTF_8));
        if (type == null) {
          throw in.unexpected("the URL of a type that this server knows");
        }
        searchable -= in.here() - from;
        return type;
      }
      in.skip();
      if (in.here() - from > searchable) {
        throw JsonFault.value(start, TYPE + " comes too late; put it before the other fields");
      }
    } while (in.more('}'));
    throw JsonFault.value(start, "an Any needs " + TYPE);
  }

  /** Reads an Any of a type that has a form of JSON of its own. */
  private void wellKnown(MessageSchema type, int depth) {
    in.open('{');
    boolean typed = false;
    boolean filled = false;
    do {
      in.name();
      int name = in.start();
      if (!typed && in.is(TYPE)) {
        typed = true;
        in.string();
      } else if (!filled && in.is("value")) {
        filled = true;
        message(type, depth);
      } else {
        throw JsonFault.value(
            name,
            "an Any of " + type.descriptor().getFullName() + " has " + TYPE + " and value alone");
      }
    } while (in.more('}'));
  }

  private static JsonFault tooDeep(int at) {
    return JsonFault.value(
        at, "messages are nested deeper than " + WireInput.MAX_DEPTH + ", the most possible");
  }
}
