package io.fairlead.options;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;

/**
 * Durations as contracts write them: a decimal number and a unit. The runtime reads the same form.
 */
@NullMarked // by hand: the rest of this package is generated
public final class DurationText {
  private static final Pattern TEXT = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h)");
  private static final Pattern ELSEWHERE =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?|\\.\\d{1,9})\\s*(\\p{L}+)");
  private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  private DurationText() {}

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
              + "\" is not a duration; "
              + didYouMean(text)
              + "write a number and a unit (ns, us, ms, s, m, h), like \"300ms\" or \"1.5s\"");
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

  /** The form of ours for what is a duration elsewhere, or nothing. */
  private static String didYouMean(String text) {
    Matcher matcher = ELSEWHERE.matcher(text.strip().toLowerCase(Locale.ROOT).replace(',', '.'));
    if (!matcher.matches()) {
      return "";
    }
    String number = matcher.group(1).startsWith(".") ? "0" + matcher.group(1) : matcher.group(1);
    String unit =
        switch (matcher.group(2)) {
          case "ns", "nanos", "nanosecond", "nanoseconds" -> "ns";
          case "us", "\u00b5s", "\u03bcs", "micros", "microsecond", "microseconds" -> "us";
          case "ms", "msec", "msecs", "millis", "millisecond", "milliseconds" -> "ms";
          case "s", "sec", "secs", "second", "seconds" -> "s";
          case "m", "min", "mins", "minute", "minutes" -> "m";
          case "h", "hr", "hrs", "hour", "hours" -> "h";
          default -> "";
        };
    return unit.isEmpty() ? "" : "did you mean \"" + number + unit + "\"? ";
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
