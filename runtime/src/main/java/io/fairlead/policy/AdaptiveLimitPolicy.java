package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * How a method finds out by itself how many calls at once it can take.
 *
 * @param initial calls at once to begin with
 * @param min never below this
 * @param max never above this
 * @param tolerance how many times as long as unloaded a quick call may take; 1.7 is right for most:
 *     with less, latencies that vary by themselves look like waiting
 * @param window the shortest time between two changes of the limit
 */
public record AdaptiveLimitPolicy(
    int initial, int min, int max, double tolerance, Duration window) {

  private static final Duration LONGEST_WINDOW = Duration.ofHours(1);

  public AdaptiveLimitPolicy {
    Objects.requireNonNull(window, "window");
    if (min < 1 || initial < min || max < initial) {
      throw new IllegalArgumentException(
          "adaptive limit min "
              + min
              + ", initial "
              + initial
              + ", max "
              + max
              + " are not in the order 1 <= min <= initial <= max");
    }
    if (!(tolerance > 1 && tolerance <= 10)) {
      throw new IllegalArgumentException(
          "adaptive limit tolerance " + tolerance + " is not above 1 and at most 10");
    }
    if (window.isNegative() || window.isZero() || window.compareTo(LONGEST_WINDOW) > 0) {
      throw new IllegalArgumentException(
          "adaptive limit window "
              + Durations.format(window)
              + " is not a positive duration of at most "
              + Durations.format(LONGEST_WINDOW));
    }
  }

  /**
   * Begins at 20 calls, stays within 4 and 10,000, lets a quick call take 1.7 times as long as
   * where there is room, and waits at least 20ms between two changes.
   */
  public static AdaptiveLimitPolicy standard() {
    return new AdaptiveLimitPolicy(20, 4, 10_000, 1.7, Duration.ofMillis(20));
  }

  /** The same with other ends. */
  public AdaptiveLimitPolicy between(int newMin, int newInitial, int newMax) {
    return new AdaptiveLimitPolicy(newInitial, newMin, newMax, tolerance, window);
  }

  @Override
  public String toString() {
    return "adaptive limit "
        + min
        + " to "
        + max
        + " from "
        + initial
        + ", tolerance "
        + tolerance
        + ", every "
        + Durations.format(window);
  }
}
