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

  /** Returns whether all bytes are ASCII, and a string of JSON can hold each as it is. */
  static boolean isPlainAscii(byte[] in, int from, int end) {
    int i = from;
    while (end - i >= 8) {
      long word = getLong(in, i);
      long quote = word ^ (ONES * '"');
      long backslash = word ^ (ONES * '\\');
      // Bytes above 127 count as found here.
      if ((((quote - ONES) | (backslash - ONES) | (word - ONES * ' ') | word) & HIGH) != 0) {
        return false;
      }
      i += 8;
    }
    while (i < end) {
      byte b = in[i++];
      if (b < ' ' || b == '"' || b == '\\') {
        return false;
      }
    }
    return true;
  }
}
