package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * A cursor over the bytes of a JSON text, which are valid UTF-8. It takes what RFC 8259 allows and
 * nothing else. Strings are not copied unless they have escapes.
 */
final class JsonText {
  static final Literal TRUE = literal("true");
  static final Literal FALSE = literal("false");
  static final Literal NULL = literal("null");

  /** What {@link #peek} returns at the end. NUL is in no valid text. */
  static final int END = 0;

  /** Longer numbers fit no field, and cost time to read. */
  static final int MAX_NUMBER = 1_000;

  /** What {@link #whole} returns for a value that it does not read. */
  static final long NOT_WHOLE = Long.MIN_VALUE;

  /** So many digits fit a long, whatever they are. */
  private static final int WHOLE = 18;

  private static final int MAX_QUOTED = 80;

  private final byte[] in;
  private final int end;
  private @Nullable Output unescaped;
  private int at;
  private int start;

  // The last string or number: valid until the next one is read.
  private byte[] text;
  private int from;
  private int to;

  JsonText(byte[] in) {
    this.in = in;
    this.text = in;
    this.end = in.length;
    // A mark of the byte order, which some writers put before a text. RFC 8259 lets readers pass
    // it.
    if (end >= 3 && in[0] == (byte) 0xef && in[1] == (byte) 0xbb && in[2] == (byte) 0xbf) {
      at = 3;
    }
  }

  private static Literal literal(String word) {
    return new Literal(word.getBytes(UTF_8));
  }

  /** Returns the bytes that hold the last string or number. */
  byte[] text() {
    return text;
  }

  /** Returns where the last string or number begins in its bytes. */
  int from() {
    return from;
  }

  /** Returns where the last string or number ends in its bytes. */
  int to() {
    return to;
  }

  /** Returns whether the last string is this one, which is ASCII. */
  boolean is(String expected) {
    int length = expected.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (text[from + i] != expected.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns where the last value or name begins, for errors. */
  int start() {
    return start;
  }

  /** Lets errors be about the next value. */
  void mark() {
    peek();
    start = at;
  }

  /** Returns where the next byte is. */
  int here() {
    return at;
  }

  /** Goes back to where it was. */
  void rewind(int to) {
    at = to;
  }

  /** Passes over white space, and returns the next byte without taking it. */
  int peek() {
    int i = at;
    return i < in.length && in[i] > ' ' ? in[i] : pass();
  }

  private int pass() {
    while (at < end) {
      byte b = in[at];
      if (b > ' ' || b < 0) {
        return b;
      }
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        throw JsonFault.grammar(at, "a control character");
      }
      at++;
    }
    return END;
  }

  /** Takes the beginning of an object or an array. */
  void open(char bracket) {
    int next = peek();
    start = at;
    if (next != bracket) {
      throw unexpected(bracket == '{' ? "an object" : "an array");
    }
    at++;
  }

  /** Takes the end of an object or an array that has nothing in it. */
  boolean isEmpty(char bracket) {
    if (peek() == bracket) {
      at++;
      return true;
    }
    return false;
  }

  /** Takes what follows an element: a comma, or the end. Returns whether it was a comma. */
  boolean more(char bracket) {
    int next = peek();
    if (next == ',') {
      at++;
      return true;
    }
    if (next == bracket) {
      at++;
      return false;
    }
    throw JsonFault.grammar(at, "expected , or " + bracket + ", not " + found(next));
  }

  /** Takes the name of a member, with the colon after it. */
  void name() {
    if (peek() != '"') {
      throw JsonFault.grammar(at, "expected a name in double quotes, not " + found(peek()));
    }
    string();
    colon();
  }

  /** Takes the name of a member if it is this one in its quotes, with the colon after it. */
  boolean name(Literal quoted) {
    peek();
    if (!quoted.isAt(in, at)) {
      return false;
    }
    start = at;
    at += quoted.length();
    colon();
    return true;
  }

  private void colon() {
    int next = peek();
    if (next != ':') {
      throw JsonFault.grammar(at, "expected a colon after a name, not " + found(next));
    }
    at++;
  }

  /** Reads a string. */
  void string() {
    if (peek() != '"') {
      start = at;
      throw unexpected("a string");
    }
    start = at;
    int first = at + 1;
    int stop = Words.plainUntil(in, first, end);
    if (stop < end && in[stop] == '"') {
      text = in;
      from = first;
      to = stop;
      at = stop + 1;
    } else {
      unescape(first, stop);
    }
  }

  private void unescape(int first, int firstStop) {
    Output unescaped = this.unescaped;
    if (unescaped == null) {
      unescaped = new Output(firstStop - first + 32);
      this.unescaped = unescaped;
    }
    unescaped.rewind(0);
    int run = first;
    int stop = firstStop;
    while (true) {
      unescaped.put(in, run, stop);
      if (stop == end) {
        throw JsonFault.grammar(end, "the text ends within a string");
      }
      if (in[stop] == '"') {
        break;
      }
      if (in[stop] != '\\') {
        throw JsonFault.grammar(stop, "a control character in a string; it needs an escape");
      }
      run = escape(stop + 1, unescaped);
      stop = Words.plainUntil(in, run, end);
    }
    at = stop + 1;
    text = unescaped.array();
    from = 0;
    to = unescaped.size();
  }

  private int escape(int i, Output unescaped) {
    switch (i < end ? in[i] : END) {
      case '"', '\\', '/' -> unescaped.put(in[i]);
      case 'n' -> unescaped.put('\n');
      case 't' -> unescaped.put('\t');
      case 'r' -> unescaped.put('\r');
      case 'b' -> unescaped.put('\b');
      case 'f' -> unescaped.put('\f');
      case 'u' -> {
        return unicode(i + 1, unescaped);
      }
      default -> throw JsonFault.grammar(i - 1, "an unknown escape in a string");
    }
    return i + 1;
  }

  private int unicode(int i, Output unescaped) {
    int unit = hex(i);
    if (!Character.isSurrogate((char) unit)) {
      unescaped.codePoint(unit);
      return i + 4;
    }
    boolean pair =
        Character.isHighSurrogate((char) unit)
            && end - i > 10
            && in[i + 4] == '\\'
            && in[i + 5] == 'u';
    int low = pair ? hex(i + 6) : 0;
    if (!pair || !Character.isLowSurrogate((char) low)) {
      throw JsonFault.grammar(i - 2, "half of a surrogate pair in a string");
    }
    unescaped.codePoint(Character.toCodePoint((char) unit, (char) low));
    return i + 10;
  }

  private int hex(int i) {
    int unit = 0;
    for (int k = i; k < i + 4; k++) {
      int digit = k < end ? Character.digit(in[k], 16) : -1;
      if (digit < 0) {
        throw JsonFault.grammar(i - 2, "an escape in a string needs four hexadecimal digits");
      }
      unit = (unit << 4) | digit;
    }
    return unit;
  }

  /**
   * Reads a number of up to 18 digits, also one in quotes. Returns {@link #NOT_WHOLE} for any other
   * value, and leaves it to be read.
   */
  long whole() {
    boolean quoted = peek() == '"';
    int i = quoted ? at + 1 : at;
    boolean negative = i < in.length && in[i] == '-';
    i = negative ? i + 1 : i;
    int first = i;
    long value = 0;
    int digit;
    while (i < in.length && (digit = in[i] - '0') >= 0 && digit <= 9) {
      value = value * 10 + digit;
      i++;
    }
    int next = i < in.length ? in[i] : END;
    if (i == first
        || i - first > WHOLE
        || (in[first] == '0' && i - first > 1)
        || (quoted ? next != '"' : next == '.' || (next | 0x20) == 'e')) {
      return NOT_WHOLE;
    }
    start = at;
    at = quoted ? i + 1 : i;
    return negative ? -value : value;
  }

  /** Reads a number. */
  void number() {
    int next = peek();
    start = at;
    if (next != '-' && (next < '0' || next > '9')) {
      throw unexpected("a number");
    }
    int stop = numberEnd(in, at, end);
    if (stop < 0) {
      throw JsonFault.grammar(at, "a number that JSON does not have");
    }
    if (stop - at > MAX_NUMBER) {
      throw JsonFault.value(at, "a number of more than " + MAX_NUMBER + " characters");
    }
    text = in;
    from = at;
    to = stop;
    at = stop;
  }

  /** Returns where a number ends that begins here; -1 if none does. */
  static int numberEnd(byte[] in, int from, int end) {
    int i = from;
    if (i < end && in[i] == '-') {
      i++;
    }
    int whole = i;
    i = digitsEnd(in, i, end);
    if (i == whole || (in[whole] == '0' && i > whole + 1)) {
      return -1;
    }
    if (i < end && in[i] == '.') {
      int fraction = i + 1;
      i = digitsEnd(in, fraction, end);
      if (i == fraction) {
        return -1;
      }
    }
    if (i < end && (in[i] | 0x20) == 'e') {
      int exponent = i + 1;
      if (exponent < end && (in[exponent] == '+' || in[exponent] == '-')) {
        exponent++;
      }
      i = digitsEnd(in, exponent, end);
      if (i == exponent) {
        return -1;
      }
    }
    return i;
  }

  private static int digitsEnd(byte[] in, int from, int end) {
    int i = from;
    while (i < end && in[i] >= '0' && in[i] <= '9') {
      i++;
    }
    return i;
  }

  /** Takes a literal if it is the next value. */
  boolean literal(Literal word) {
    peek();
    if (!word.isAt(in, at)) {
      return false;
    }
    start = at;
    at += word.length();
    return true;
  }

  /** Nothing but white space may follow. */
  void end() {
    if (peek() != END) {
      throw JsonFault.grammar(at, "the body goes on after its JSON");
    }
  }

  /** Passes over a value without a check: it is read again, or an error is told already. */
  void skip() {
    int depth = 0;
    do {
      switch (peek()) {
        case END -> throw JsonFault.grammar(at, "the text ends within a value");
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        case ',', ':' -> at++;
        case '"' -> at = stringEnd(in, at, end);
        default -> {
          do {
            at++;
          } while (at < end && ",:{}[]\" \n\r\t".indexOf(in[at]) < 0);
        }
      }
    } while (depth > 0);
  }

  /** Returns where a string ends that begins here, without a check. */
  static int stringEnd(byte[] in, int quote, int end) {
    int i = quote + 1;
    while (true) {
      i = Words.plainUntil(in, i, end);
      if (i >= end) {
        return end;
      }
      if (in[i] == '"') {
        return i + 1;
      }
      i += in[i] == '\\' ? 2 : 1;
    }
  }

  /** Returns an error about the last value. */
  JsonFault unexpected(String expected) {
    at = start;
    int next = peek();
    if (next == '"'
        || next == '{'
        || next == '['
        || next == '-'
        || (next >= '0' && next <= '9')
        || literal(TRUE)
        || literal(FALSE)
        || literal(NULL)) {
      return JsonFault.value(start, "not " + expected + ": " + quoted(start));
    }
    return JsonFault.grammar(start, "expected " + expected + ", not " + found(next));
  }

  private static String found(int next) {
    return next == END ? "the end" : next < 0 ? "another character" : "" + (char) next;
  }

  /** Returns the beginning of the value at a place as it is in the text. */
  String quoted(int place) {
    at = place;
    try {
      skip();
    } catch (JsonFault cut) {
      at = end;
    }
    int stop = Math.min(at, place + MAX_QUOTED);
    while (stop < end && (in[stop] & 0xc0) == 0x80) {
      stop--;
    }
    return new String(in, place, stop - place, UTF_8) + (stop < at ? "..." : "");
  }
}
