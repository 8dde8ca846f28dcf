package io.fairlead.gateway.internal.json;

import java.util.Arrays;

/** A text that is looked for at a place, and written, eight bytes at a time. Immutable. */
final class Literal {
  /** With zeros behind it, so that it can be read and copied by words. */
  private final byte[] bytes;

  private final int length;
  private final int words;
  private final long rest;
  private final long mask;

  Literal(byte[] text) {
    this.length = text.length;
    this.bytes = Arrays.copyOf(text, length + Output.SHORT);
    this.words = length & ~7;
    this.mask = Words.lowest(length - words);
    this.rest = Words.getLong(bytes, words);
  }

  /** Returns an array that begins with it. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Returns whether it is at this place. */
  boolean isAt(byte[] in, int at) {
    if (in.length - at < words + 8) {
      int end = at + length;
      return end <= in.length && Arrays.equals(in, at, end, bytes, 0, length);
    }
    for (int i = 0; i < words; i += 8) {
      if (Words.getLong(in, at + i) != Words.getLong(bytes, i)) {
        return false;
      }
    }
    return ((Words.getLong(in, at + words) ^ rest) & mask) == 0;
  }
}
