package io.fairlead.internal;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of durations: a decimal number and a unit, as in {@code "300ms"} or "1.5s". */
public final class Durations {
  private static final Pattern TEXT = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h)");
  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Durations() {}

  /**
   * Reads a duration. The error names the field, the text and what is allowed.
   *
   * @param field what the duration is for, as people call it
   */
  public static Duration parse(String field, String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          field
              + " \""
              + text
              + "\" is not a duration; write a number and one of ns, us, ms, s, m, h, as in"
              + " \"300ms\" or \"1.5s\"");
    }
    BigDecimal nanos =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unitNanos(matcher.group(2))));
    if (nanos.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          field + " \"" + text + "\" is longer than 292 years; use a shorter one, or leave it out");
    }
    if (nanos.stripTrailingZeros().scale() > 0) {
      throw new IllegalArgumentException(
          field + " \"" + text + "\" has a part of a nanosecond; the smallest step is 1ns");
    }
    return Duration.ofNanos(nanos.longValueExact());
  }

  /**
   * Returns a duration that is zero in most calls. Where {@link Duration#ofNanos} never meets a
   * zero, the compiler leaves out durations that are only read.
   */
  public static Duration ofNanos(long nanos) {
    return nanos == 0 ? Duration.ZERO : Duration.ofNanos(nanos);
  }

  /**
   * Returns the shortest text that {@link #parse} reads back to the same duration; of ages, their
   * days.
   */
  public static String format(Duration duration) {
    return duration.abs().compareTo(LONGEST) > 0
        ? duration.toDays() + " days"
        : format(duration.toNanos());
  }

  /** Returns the shortest text of a number of nanoseconds. */
  public static String format(long nanos) {
    if (nanos < 0) {
      return "-" + format(-nanos);
    }
    if (nanos == 0) {
      return "0s";
    }
    if (nanos % 3_600_000_000_000L == 0) {
      return nanos / 3_600_000_000_000L + "h";
    }
    if (nanos % 60_000_000_000L == 0) {
      return nanos / 60_000_000_000L + "m";
    }
    if (nanos >= 1_000_000_000L) {
      return decimal(nanos, 9) + "s";
    }
    if (nanos >= 1_000_000L) {
      return decimal(nanos, 6) + "ms";
    }
    return nanos >= 1_000L ? decimal(nanos, 3) + "us" : nanos + "ns";
  }

  /** Returns a measured time with three digits at most, so that messages stay readable. */
  public static String rough(long nanos) {
    if (nanos < 0) {
      return "-" + rough(-nanos);
    }
    if (nanos < 1_000_000L) {
      return nanos < 1_000L ? nanos + "ns" : nanos / 1_000L + "us";
    }
    if (nanos < 1_000_000_000L) {
      return digits(nanos / 1e6) + "ms";
    }
    return digits(nanos / 1e9) + "s";
  }

  private static String digits(double value) {
    if (value >= 10) {
      return Long.toString((long) value);
    }
    String text = String.format(Locale.ROOT, "%.1f", Math.floor(value * 10) / 10);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String decimal(long nanos, int scale) {
    return BigDecimal.valueOf(nanos, scale).stripTrailingZeros().toPlainString();
  }

  private static long unitNanos(String unit) {
    return switch (unit) {
      case "ns" -> 1L;
      case "us" -> 1_000L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      default -> 3_600_000_000_000L;
    };
  }
}
