package io.fairlead.gateway.internal.json;

import java.util.Arrays;

/** Bytes that grow at their end: wire form on the way in, JSON on the way out. */
final class Output {
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

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

  void put(byte[] from) {
    put(from, 0, from.length);
  }

  void put(byte[] from, int start, int end) {
    int length = end - start;
    ensure(length);
    System.arraycopy(from, start, bytes, size, length);
    size += length;
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

  /** Writes a text that needs no escapes as a string of JSON. */
  void plainString(byte[] from, int start, int end) {
    int length = end - start;
    ensure(length + 2);
    bytes[size] = '"';
    System.arraycopy(from, start, bytes, size + 1, length);
    bytes[size + 1 + length] = '"';
    size += length + 2;
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
    if (value == Long.MIN_VALUE) {
      ascii("-9223372036854775808");
      return;
    }
    ensure(20);
    long rest = value;
    if (rest < 0) {
      bytes[size++] = '-';
      rest = -rest;
    }
    int end = size + digits(rest);
    int at = end;
    do {
      long tenth = rest / 10;
      bytes[--at] = (byte) ('0' + (int) (rest - tenth * 10));
      rest = tenth;
    } while (rest != 0);
    size = end;
  }

  private static int digits(long value) {
    int digits = 1;
    for (long bound = 10; digits < 19 && value >= bound; bound *= 10) {
      digits++;
    }
    return digits;
  }

  /** Writes a number in decimal, with zeros before it up to a width. */
  void decimal(int value, int width) {
    ensure(width);
    int rest = value;
    for (int at = size + width - 1; at >= size; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += width;
  }
}
