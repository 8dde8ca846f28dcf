package io.fairlead.internal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Checks of single options; each error names the option, the value and what is allowed. Builders
 * call them from the constructor of the value, so that an invalid value does not exist.
 */
public final class Arguments {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Arguments() {}

  public static Duration positive(String field, Duration value) {
    if (value.isZero()) {
      throw new IllegalArgumentException(
          field + " is 0s; use a duration above zero, or leave it out for none");
    }
    return notNegative(field, value);
  }

  public static Duration notNegative(String field, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(field + " " + Durations.format(value) + " is negative");
    }
    if (value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          field + " " + Durations.format(value) + " is longer than 292 years; use a shorter one");
    }
    return value;
  }

  public static @Nullable Duration optional(String field, @Nullable Duration value) {
    return value == null ? null : positive(field, value);
  }

  public static int range(String field, int value, int low, int high) {
    return (int) range(field, (double) value, low, high);
  }

  public static double range(String field, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw outOfRange(field, format(value), format(low), format(high));
    }
    return value;
  }

  public static Duration range(String field, Duration value, Duration low, Duration high) {
    if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
      throw outOfRange(
          field, Durations.format(value), Durations.format(low), Durations.format(high));
    }
    return value;
  }

  private static IllegalArgumentException outOfRange(
      String field, String value, String low, String high) {
    return new IllegalArgumentException(
        field + " " + value + " is out of range; use " + low + " to " + high);
  }

  private static String format(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  public static int atLeast(String field, int value, int low) {
    if (value < low) {
      throw new IllegalArgumentException(
          field + " " + value + " is below " + low + "; use " + low + " or more");
    }
    return value;
  }

  public static @Nullable Integer bytes(String field, @Nullable Integer value) {
    if (value != null && value < 1) {
      throw new IllegalArgumentException(field + " " + value + " is below 1 byte");
    }
    return value;
  }

  public static String text(String field, String value, String example) {
    if (value.isBlank() || !value.equals(value.strip())) {
      throw new IllegalArgumentException(
          field + " \"" + value + "\" is blank or has spaces around it; use e.g. " + example);
    }
    return value;
  }

  /** Checks the name of a header whose value is text. */
  public static String header(String field, String name) {
    if (!name.matches("(?i)[a-z0-9_.-]+(?<!-bin)")) {
      throw new IllegalArgumentException(
          field
              + " is \""
              + name
              + "\"; use the name of a text header: a-z, 0-9, \"-\", \"_\", \".\", and not \"-bin\""
              + " at its end");
    }
    return name;
  }
}
