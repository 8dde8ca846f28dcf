package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Reads numbers from bytes that follow JSON's grammar. Throws {@link IllegalArgumentException} with
 * what a number is not.
 */
final class Numbers {
  private static final double[] TENS = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };

  /** Up to here, digits fill neither a double nor a float, and the division rounds only once. */
  private static final int EXACT_DOUBLE = 15;

  private static final int EXACT_FLOAT = 7;

  private static final BigInteger MAX_UNSIGNED =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private Numbers() {}

  /** Reads an integer between two bounds, which may have a fraction of zeros or an exponent. */
  static long integer(byte[] text, int from, int to, long least, long most, String type) {
    long value = plain(text, from, to);
    if (value == Long.MIN_VALUE) {
      value =
          exact(text, from, to, BigInteger.valueOf(least), BigInteger.valueOf(most), type)
              .longValue();
    }
    return between(value, least, most, type);
  }

  /** Returns an integer if it is between two bounds. */
  static long between(long value, long least, long most, String type) {
    if (value < least || value > most) {
      throw outOfRange(type);
    }
    return value;
  }

  /** Reads an integer of 64 bits without a sign. */
  static long unsigned(byte[] text, int from, int to) {
    long value = plain(text, from, to);
    if (value == Long.MIN_VALUE) {
      return exact(text, from, to, BigInteger.ZERO, MAX_UNSIGNED, "uint64").longValue();
    }
    if (value < 0) {
      throw outOfRange("uint64");
    }
    return value;
  }

  /** Reads up to 18 digits; returns the least long for anything else. */
  private static long plain(byte[] text, int from, int to) {
    boolean negative = text[from] == '-';
    int i = negative ? from + 1 : from;
    if (to - i > 18) {
      return Long.MIN_VALUE;
    }
    long value = 0;
    for (; i < to; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return Long.MIN_VALUE;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  private static BigInteger exact(
      byte[] text, int from, int to, BigInteger least, BigInteger most, String type) {
    BigDecimal value;
    try {
      value = new BigDecimal(new String(text, from, to - from, ISO_8859_1));
    } catch (NumberFormatException e) {
      throw outOfRange(type);
    }
    if (value.signum() == 0) {
      return BigInteger.ZERO;
    }
    // Before the digits are written out: 1e999999999 would take a gigabyte.
    if ((long) value.precision() - value.scale() > 20) {
      throw outOfRange(type);
    }
    if (value.stripTrailingZeros().scale() > 0) {
      throw new IllegalArgumentException("not " + Types.article(type) + ", as it has a fraction");
    }
    BigInteger whole = value.toBigIntegerExact();
    if (whole.compareTo(least) < 0 || whole.compareTo(most) > 0) {
      throw outOfRange(type);
    }
    return whole;
  }

  static double float64(byte[] text, int from, int to) {
    long digits = digits(text, from, to, EXACT_DOUBLE);
    double value =
        digits < 0
            ? Double.parseDouble(new String(text, from, to - from, ISO_8859_1))
            : signed(digits / TENS[fraction(text, from, to)], text[from]);
    if (Double.isInfinite(value)) {
      throw outOfRange("double");
    }
    return value;
  }

  static float float32(byte[] text, int from, int to) {
    long digits = digits(text, from, to, EXACT_FLOAT);
    float value =
        digits < 0
            ? Float.parseFloat(new String(text, from, to - from, ISO_8859_1))
            : (float) signed((float) digits / (float) TENS[fraction(text, from, to)], text[from]);
    if (Float.isInfinite(value)) {
      throw outOfRange("float");
    }
    return value;
  }

  private static double signed(double value, byte first) {
    return first == '-' ? -value : value;
  }

  /** Returns the digits of a number as one; -1 if there are too many, or an exponent. */
  private static long digits(byte[] text, int from, int to, int most) {
    int i = text[from] == '-' ? from + 1 : from;
    if (to - i > most + 1) {
      return -1;
    }
    long digits = 0;
    int count = 0;
    for (; i < to; i++) {
      int digit = text[i] - '0';
      if (text[i] == '.') {
        continue;
      }
      if (digit < 0 || digit > 9 || ++count > most) {
        return -1;
      }
      digits = digits * 10 + digit;
    }
    return digits;
  }

  /** Returns how many digits follow the point. */
  private static int fraction(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text[i] == '.') {
        return to - i - 1;
      }
    }
    return 0;
  }

  private static IllegalArgumentException outOfRange(String type) {
    return new IllegalArgumentException("outside the range of " + Types.article(type));
  }
}
