package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks of single fields; each error names the field, the value and what is allowed. Builders call
 * them from the constructor of the value, so that an invalid policy does not exist.
 */
final class Arguments {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Arguments() {}

  static Duration positive(String field, Duration value) {
    if (value.isZero()) {
      throw new IllegalArgumentException(
          field + " is 0s; use a duration above zero, or leave it out for none");
    }
    return notNegative(field, value);
  }

  static Duration notNegative(String field, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(field + " " + Durations.format(value) + " is negative");
    }
    if (value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          field + " " + Durations.format(value) + " is longer than 292 years; use a shorter one");
    }
    return value;
  }

  static @Nullable Duration optional(String field, @Nullable Duration value) {
    return value == null ? null : positive(field, value);
  }

  static int range(String field, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          field + " " + value + " is out of range; use " + low + " to " + high);
    }
    return value;
  }

  static double range(String field, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          field + " " + value + " is out of range; use " + low + " to " + high);
    }
    return value;
  }

  static int atLeast(String field, int value, int low) {
    if (value < low) {
      throw new IllegalArgumentException(field + " " + value + " is below " + low);
    }
    return value;
  }

  static @Nullable Integer bytes(String field, @Nullable Integer value) {
    if (value != null && value < 1) {
      throw new IllegalArgumentException(field + " " + value + " is below 1 byte");
    }
    return value;
  }

  static String text(String field, String value, String example) {
    if (value.isBlank() || !value.equals(value.strip())) {
      throw new IllegalArgumentException(
          field + " \"" + value + "\" is blank or has spaces around it; use e.g. " + example);
    }
    return value;
  }

  static Set<Code> failures(String field, Collection<Code> codes) {
    if (codes.isEmpty()) {
      throw new IllegalArgumentException(
          field + " is empty; name a code, as in UNAVAILABLE, or leave it out for the default");
    }
    if (codes.contains(Code.OK)) {
      throw new IllegalArgumentException(field + " holds OK, which is not a failure; leave it out");
    }
    // Ordered as in gRPC, so that equal sets print alike.
    return Collections.unmodifiableSet(EnumSet.copyOf(codes));
  }

  static Set<Code> set(Code... codes) {
    return codes.length == 0 ? Set.of() : EnumSet.copyOf(Arrays.asList(codes));
  }
}
