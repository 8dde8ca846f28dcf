package io.fairlead.codegen.model;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as contracts write them: a decimal number and a unit. The runtime reads the same form.
 */
public final class Durations {
  private static final Pattern TEXT = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h)");
  private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  private Durations() {}

  /**
   * The duration in nanoseconds.
   *
   * @throws IllegalArgumentException saying what is wrong with the text
   */
  public static long nanos(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is not a duration; write a number and a unit (ns, us, ms, s, m, h), like \"300ms\" or \"1.5s\"");
    }
    BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(unit(matcher.group(2)));
    if (nanos.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is longer than 292 years; leave it out if there is no limit");
    }
    if (nanos.stripTrailingZeros().scale() > 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is finer than a nanosecond; write whole nanoseconds");
    }
    return nanos.longValueExact();
  }

  /** The same duration in seconds, as JSON and service configs write it. */
  public static String seconds(String text) {
    return BigDecimal.valueOf(nanos(text), 9).stripTrailingZeros().toPlainString() + "s";
  }

  private static BigDecimal unit(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "us" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          default -> 3_600_000_000_000L;
        });
  }
}
