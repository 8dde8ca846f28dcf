package io.fairlead.gateway.internal.json;

import java.util.Arrays;

/**
 * Bytes as base64: both alphabets are read, with padding or without; the standard one is written.
 */
final class Base64Text {
  private static final byte[] LETTERS = new byte[64];
  private static final byte[] VALUES = new byte[128];

  static {
    String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Arrays.fill(VALUES, (byte) -1);
    for (int i = 0; i < 64; i++) {
      LETTERS[i] = (byte) letters.charAt(i);
      VALUES[letters.charAt(i)] = (byte) i;
    }
    VALUES['-'] = VALUES['+'];
    VALUES['_'] = VALUES['/'];
  }

  private Base64Text() {}

  /** Reads a text; throws {@link IllegalArgumentException} if it is none. */
  static void read(byte[] text, int from, int to, Output out) {
    int end = to;
    while (end > from && text[end - 1] == '=' && to - end < 2) {
      end--;
    }
    int rest = (end - from) % 4;
    if (rest == 1 || (end < to && (to - from) % 4 != 0)) {
      throw new IllegalArgumentException("not base64, whose length cannot be " + (to - from));
    }
    int at = out.claim((end - from) / 4 * 3 + (rest == 0 ? 0 : rest - 1));
    byte[] bytes = out.array();
    int i = from;
    for (; end - i >= 4; i += 4) {
      int bits =
          (value(text[i]) << 18)
              | (value(text[i + 1]) << 12)
              | (value(text[i + 2]) << 6)
              | value(text[i + 3]);
      bytes[at++] = (byte) (bits >> 16);
      bytes[at++] = (byte) (bits >> 8);
      bytes[at++] = (byte) bits;
    }
    if (rest > 0) {
      int bits =
          (value(text[i]) << 18)
              | (value(text[i + 1]) << 12)
              | (rest == 3 ? value(text[i + 2]) << 6 : 0);
      bytes[at++] = (byte) (bits >> 16);
      if (rest == 3) {
        bytes[at] = (byte) (bits >> 8);
      }
    }
  }

  private static int value(byte letter) {
    int value = letter < 0 ? -1 : VALUES[letter];
    if (value < 0) {
      throw new IllegalArgumentException("not base64");
    }
    return value;
  }

  /** Writes bytes, within quotes. */
  static void write(byte[] in, int from, int to, Output out) {
    int at = out.claim((to - from + 2) / 3 * 4 + 2);
    byte[] bytes = out.array();
    bytes[at++] = '"';
    int i = from;
    for (; to - i >= 3; i += 3) {
      int bits = ((in[i] & 0xff) << 16) | ((in[i + 1] & 0xff) << 8) | (in[i + 2] & 0xff);
      bytes[at++] = LETTERS[bits >> 18];
      bytes[at++] = LETTERS[(bits >> 12) & 63];
      bytes[at++] = LETTERS[(bits >> 6) & 63];
      bytes[at++] = LETTERS[bits & 63];
    }
    if (to > i) {
      boolean two = to - i == 2;
      int bits = ((in[i] & 0xff) << 16) | (two ? (in[i + 1] & 0xff) << 8 : 0);
      bytes[at++] = LETTERS[bits >> 18];
      bytes[at++] = LETTERS[(bits >> 12) & 63];
      bytes[at++] = two ? LETTERS[(bits >> 6) & 63] : (byte) '=';
      bytes[at++] = '=';
    }
    bytes[at] = '"';
  }
}
