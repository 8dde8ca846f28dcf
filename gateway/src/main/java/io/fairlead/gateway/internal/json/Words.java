package io.fairlead.gateway.internal.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at eight bytes at a time. */
final class Words {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;

  /** An odd number whose bits have no pattern. */
  private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

  private static final long HIGH = 0x8080808080808080L;

  private Words() {}

  static long getLong(byte[] in, int at) {
    return (long) LONGS.get(in, at);
  }

  static int getInt(byte[] in, int at) {
    return (int) INTS.get(in, at);
  }

  static void putLong(byte[] in, int at, long value) {
    LONGS.set(in, at, value);
  }

  static void putInt(byte[] in, int at, int value) {
    INTS.set(in, at, value);
  }

  /**
   * Returns where the next quote, backslash or control character is, which a string of JSON cannot
   * hold as it is; else the end.
   */
  static int plainUntil(byte[] in, int from, int end) {
    int i = from;
    while (end - i >= 8) {
      long word = getLong(in, i);
      // A byte that is zero borrows from its high bit; bytes above 127 are masked out.
      long quote = word ^ (ONES * '"');
      long backslash = word ^ (ONES * '\\');
      long found =
          (((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash)
                  | ((word - ONES * ' ') & ~word))
              & HIGH;
      if (found != 0) {
        // The lowest mark is exact: borrows go only to higher bytes.
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
      i += 8;
    }
    while (i < end) {
      byte b = in[i];
      if (b == '"' || b == '\\' || (b >= 0 && b < ' ')) {
        return i;
      }
      i++;
    }
    return end;
  }

  /** Returns whether bytes are valid UTF-8. */
  static boolean isUtf8(byte[] in, int from, int end) {
    int i = from;
    while (true) {
      while (end - i >= 8 && (getLong(in, i) & HIGH) == 0) {
        i += 8;
      }
      while (i < end && in[i] >= 0) {
        i++;
      }
      if (i == end) {
        return true;
      }
      int length = sequence(in, i, end);
      if (length == 0) {
        return false;
      }
      i += length;
    }
  }

  /** Returns the length of a character above ASCII; 0 if it is none. */
  private static int sequence(byte[] in, int at, int end) {
    int first = in[at] & 0xff;
    int second = at + 1 < end ? in[at + 1] & 0xff : 0;
    if (first < 0xe0) {
      return first >= 0xc2 && isTail(second) ? 2 : 0;
    }
    if (first < 0xf0) {
      // The shortest form, and no half of a surrogate pair.
      boolean allowed = first == 0xe0 ? second >= 0xa0 : first != 0xed || second < 0xa0;
      return allowed && isTail(second) && at + 2 < end && isTail(in[at + 2]) ? 3 : 0;
    }
    boolean allowed = first == 0xf0 ? second >= 0x90 : first < 0xf4 || second < 0x90;
    return first <= 0xf4
            && allowed
            && isTail(second)
            && at + 3 < end
            && isTail(in[at + 2])
            && isTail(in[at + 3])
        ? 4
        : 0;
  }

  private static boolean isTail(int b) {
    return (b & 0xc0) == 0x80;
  }

  /** Returns a number that tells most texts apart. */
  static int hash(byte[] in, int from, int end) {
    long hash = (long) end - from;
    int i = from;
    for (; end - i >= 8; i += 8) {
      hash = (hash ^ getLong(in, i)) * MULTIPLIER;
      hash ^= hash >>> 32;
    }
    long rest = 0;
    if (i < end && in.length - i >= 8) {
      rest = getLong(in, i) & lowest(end - i);
    } else {
      for (int k = end - 1; k >= i; k--) {
        rest = (rest << 8) | (in[k] & 0xff);
      }
    }
    return (int) (((hash ^ rest) * MULTIPLIER) >>> 32);
  }

  /** Returns a mask of the lowest bytes, less than eight. */
  static long lowest(int bytes) {
    return (1L << (bytes * 8)) - 1;
  }

  /** Returns zero if all bytes are ASCII that a string of JSON can hold as it is. */
  static long special(long word) {
    long quote = word ^ (ONES * '"');
    long backslash = word ^ (ONES * '\\');
    return ((quote - ONES) | (backslash - ONES) | (word - ONES * ' ') | word) & HIGH;
  }

  /** Returns a word with spaces in the place of all but its lowest bytes. */
  static long withSpaces(long word, int bytes) {
    long mask = lowest(bytes);
    return (word & mask) | (ONES * ' ' & ~mask);
  }
}
