package io.fairlead.gateway.internal.json;

import java.util.Arrays;

/** Bytes that grow at their end: wire form on the way in, JSON on the way out. */
final class Output {
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  /** Up to here, a text is copied word by word. */
  static final int SHORT = 32;

  private static final int EIGHT_DIGITS = 100_000_000;
  private static final long ZEROS = 0x3030303030303030L;

  private byte[] bytes;
  private int size;

  Output(int capacity) {
    bytes = new byte[capacity];
  }

  /** Returns the array that holds the bytes. The next write may replace it. */
  byte[] array() {
    return bytes;
  }

  int size() {
    return size;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Forgets what was written after a place. */
  void rewind(int to) {
    size = to;
  }

  private void ensure(int more) {
    if (bytes.length - size < more) {
      // Throws for a size above that of an array, which no request or response may have.
      int needed = Math.addExact(size, more);
      bytes = Arrays.copyOf(bytes, Math.max(needed, size + Math.min(size, 64 << 20) + 64));
    }
  }

  void put(int b) {
    ensure(1);
    bytes[size++] = (byte) b;
  }

  void put(Literal text) {
    put(text, 0);
  }

  /** Writes a text from one of its bytes on. */
  void put(Literal text, int from) {
    put(text.bytes(), from, text.length());
  }

  void put(byte[] from, int start, int end) {
    int length = end - start;
    if (length <= SHORT && from.length - start >= SHORT) {
      // What is copied too much is overwritten, or cut off. It costs less than to copy exactly.
      ensure(SHORT);
      copyHalf(from, start, size);
      if (length > SHORT / 2) {
        copyHalf(from, start + SHORT / 2, size + SHORT / 2);
      }
    } else {
      ensure(length);
      System.arraycopy(from, start, bytes, size, length);
    }
    size += length;
  }

  private void copyHalf(byte[] from, int start, int to) {
    Words.putLong(bytes, to, Words.getLong(from, start));
    Words.putLong(bytes, to + 8, Words.getLong(from, start + 8));
  }

  /** Writes a text of ASCII. */
  @SuppressWarnings("deprecation") // The charset is known, and this is the copy without a detour.
  void ascii(String text) {
    int length = text.length();
    ensure(length);
    text.getBytes(0, length, bytes, size);
    size += length;
  }

  // Wire form.

  void varint(long value) {
    ensure(10);
    if ((value & ~0x7fL) == 0) {
      bytes[size++] = (byte) value;
      return;
    }
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  void fixed32(int value) {
    ensure(4);
    Words.putInt(bytes, size, value);
    size += 4;
  }

  void fixed64(long value) {
    ensure(8);
    Words.putLong(bytes, size, value);
    size += 8;
  }

  /** Writes a length and as many bytes. */
  void delimited(byte[] from, int start, int end) {
    varint(end - start);
    put(from, start, end);
  }

  /** Keeps a byte for a length that is not known yet; returns where. */
  int begin() {
    put(0);
    return size;
  }

  /**
   * Writes the length of what followed {@link #begin}. A length above 127 needs more bytes than
   * were kept, and moves what followed.
   */
  void end(int begun) {
    int length = size - begun;
    if (length < 128) {
      bytes[begun - 1] = (byte) length;
      return;
    }
    int more = (31 - Integer.numberOfLeadingZeros(length)) / 7;
    ensure(more);
    System.arraycopy(bytes, begun, bytes, begun + more, length);
    int after = size + more;
    size = begun - 1;
    varint(length);
    size = after;
  }

  // Text.

  /** Writes a code point in UTF-8. */
  void codePoint(int c) {
    ensure(4);
    if (c < 0x80) {
      bytes[size++] = (byte) c;
    } else if (c < 0x800) {
      bytes[size++] = (byte) (0xc0 | (c >> 6));
      bytes[size++] = (byte) (0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      bytes[size++] = (byte) (0xe0 | (c >> 12));
      bytes[size++] = (byte) (0x80 | ((c >> 6) & 0x3f));
      bytes[size++] = (byte) (0x80 | (c & 0x3f));
    } else {
      bytes[size++] = (byte) (0xf0 | (c >> 18));
      bytes[size++] = (byte) (0x80 | ((c >> 12) & 0x3f));
      bytes[size++] = (byte) (0x80 | ((c >> 6) & 0x3f));
      bytes[size++] = (byte) (0x80 | (c & 0x3f));
    }
  }

  /**
   * Writes a text as a string of JSON if it is ASCII and needs no escapes; else returns false, and
   * writes nothing.
   */
  boolean plainString(byte[] from, int start, int end) {
    int length = end - start;
    ensure(length + 10);
    int to = size + 1;
    long found = 0;
    int i = 0;
    // The last word may reach behind the text.
    for (; i < length && from.length - start - i >= 8; i += 8) {
      long word = Words.getLong(from, start + i);
      Words.putLong(bytes, to + i, word);
      int behind = i + 8 - length;
      found |= Words.special(behind <= 0 ? word : Words.withSpaces(word, 8 - behind));
    }
    for (; i < length; i++) {
      byte b = from[start + i];
      bytes[to + i] = b;
      found |= b < ' ' || b == '"' || b == '\\' ? 1 : 0;
    }
    if (found != 0) {
      return false;
    }
    bytes[size] = '"';
    bytes[to + length] = '"';
    size = to + length + 1;
    return true;
  }

  /** Returns where to write so many bytes, which {@link #array} then has room for. */
  int claim(int length) {
    ensure(length);
    size += length;
    return size - length;
  }

  /** Writes a text of valid UTF-8 as a string of JSON. */
  void jsonString(byte[] from, int start, int end) {
    put('"');
    int run = start;
    while (true) {
      int stop = Words.plainUntil(from, run, end);
      put(from, run, stop);
      if (stop == end) {
        break;
      }
      escape(from[stop]);
      run = stop + 1;
    }
    put('"');
  }

  private void escape(byte b) {
    ensure(6);
    bytes[size++] = '\\';
    switch (b) {
      case '"', '\\' -> bytes[size++] = b;
      case '\n' -> bytes[size++] = 'n';
      case '\r' -> bytes[size++] = 'r';
      case '\t' -> bytes[size++] = 't';
      case '\b' -> bytes[size++] = 'b';
      case '\f' -> bytes[size++] = 'f';
      default -> {
        bytes[size++] = 'u';
        bytes[size++] = '0';
        bytes[size++] = '0';
        bytes[size++] = HEX[b >> 4];
        bytes[size++] = HEX[b & 15];
      }
    }
  }

  /** Writes a number in decimal. */
  void decimal(long value) {
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        ascii("-9223372036854775808");
        return;
      }
      put('-');
      decimal(-value);
    } else if (value < 10) {
      put('0' + (int) value);
    } else if (value < EIGHT_DIGITS) {
      ensure(8);
      long digits = digits((int) value);
      int zeros = Long.numberOfTrailingZeros(digits ^ ZEROS) >>> 3;
      Words.putLong(bytes, size, digits >>> (8 * zeros));
      size += 8 - zeros;
    } else {
      long high = value / EIGHT_DIGITS;
      decimal(high);
      decimal((int) (value - high * EIGHT_DIGITS), 8);
    }
  }

  /** Writes a number in decimal, with zeros before it up to a width of at most eight. */
  void decimal(int value, int width) {
    ensure(8);
    Words.putLong(bytes, size, digits(value) >>> (8 * (8 - width)));
    size += width;
  }

  /** Writes the digits behind a point, without the zeros at their end but the first. */
  void fraction(int value, int width) {
    ensure(8);
    long digits = digits(value) >>> (8 * (8 - width));
    Words.putLong(bytes, size, digits);
    int zeros = Long.numberOfLeadingZeros(digits ^ (ZEROS >>> (8 * (8 - width)))) / 8 - (8 - width);
    size += Math.max(1, width - zeros);
  }

  /** Returns the eight digits of a number as text, of which the first is the lowest byte. */
  private static long digits(int value) {
    // The number in two halves, then in four, then in eight. The factors divide by multiplication.
    long high = value / 10_000;
    long halves = high | ((value - high * 10_000) << 32);
    long hundreds = ((halves * 10_486) >>> 20) & 0x7f_0000_007fL;
    long quarters = hundreds | ((halves - hundreds * 100) << 16);
    long tens = ((quarters * 103) >>> 10) & 0x000f_000f_000f_000fL;
    return (tens | ((quarters - tens * 10) << 8)) + ZEROS;
  }
}
