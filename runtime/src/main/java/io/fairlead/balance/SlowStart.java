package io.fairlead.balance;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives an endpoint that has just started, or has come back, a share of its calls that grows evenly
 * to the whole.
 *
 * @param window how long it takes; zero switches it off
 * @param initialShare the share at the beginning, above 0
 */
public record SlowStart(Duration window, double initialShare) {
  /** No slow start. */
  public static final SlowStart OFF = new SlowStart(Duration.ZERO, 0.1);

  public SlowStart {
    if (window.isNegative() || window.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(
          "slow_start.window is " + Durations.format(window) + "; use 0 (off) to 1 hour");
    }
    if (!(initialShare > 0 && initialShare <= 1)) {
      throw new IllegalArgumentException(
          "slow_start.initial_share is " + initialShare + "; use a number above 0, at most 1");
    }
  }

  /** The usual start from a tenth. */
  public static SlowStart over(Duration window) {
    return new SlowStart(window, 0.1);
  }

  /** The share of an endpoint of this age. */
  public double share(long ageNanos) {
    long whole = window.toNanos();
    if (ageNanos >= whole) {
      return 1;
    }
    return initialShare + (1 - initialShare) * Math.max(0, ageNanos) / (double) whole;
  }

  static SlowStart parse(BalancerConfigReader params) {
    SlowStart parsed =
        new SlowStart(
            params.getDuration("window", Duration.ZERO, Duration.ZERO, Duration.ofHours(1)),
            params.getDouble("initial_share", 0.1, 0.001, 1));
    params.rejectUnknown();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("window", Durations.format(window));
    config.put("initial_share", initialShare);
    return config;
  }

  @Override
  public String toString() {
    return "slow start" + toConfig();
  }
}
