package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a server finds out by itself how many calls of a method should run at once. Each unary method
 * has its own limit, which starts at {@code initial} and stays between a minimum and a maximum.
 * {@code docs/lifecycle.md} says how well it does, and where it does not.
 */
public final class AdaptiveLimitPolicy {
  private static final Duration SHORTEST_WINDOW = Duration.ofMillis(1);
  private static final Duration LONGEST_WINDOW = Duration.ofHours(1);
  private static final AdaptiveLimitPolicy STANDARD = builder().build();

  private final int initial;
  private final int min;
  private final int max;
  private final double tolerance;
  private final Duration window;

  private AdaptiveLimitPolicy(Builder builder) {
    initial = builder.initial;
    min = builder.min;
    max = builder.max;
    tolerance = builder.tolerance;
    window = builder.window;
    if (min < 1 || initial < min || max < initial) {
      throw new IllegalArgumentException(
          "adaptive limit min %s, initial %s, max %s are not in the order 1 <= min <= initial <= max"
              .formatted(min, initial, max));
    }
    Arguments.range("adaptive limit tolerance", tolerance, 1.01, 10);
    Arguments.range("adaptive limit window", window, SHORTEST_WINDOW, LONGEST_WINDOW);
  }

  /** Returns a builder that starts from {@link #standard}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.initial = initial;
    builder.min = min;
    builder.max = max;
    builder.tolerance = tolerance;
    builder.window = window;
    return builder;
  }

  /** Returns how many calls at once to begin with. */
  public int initial() {
    return initial;
  }

  /** Returns the limit below which it never falls. */
  public int min() {
    return min;
  }

  /** Returns the limit above which it never rises. */
  public int max() {
    return max;
  }

  /** Returns how many times as long as unloaded a quick call may take. */
  public double tolerance() {
    return tolerance;
  }

  /** Returns the shortest time between two changes of the limit. */
  public Duration window() {
    return window;
  }

  /**
   * Begins at 20 calls, stays within 4 and 10,000, lets a quick call take 1.7 times as long as
   * where there is room, and waits at least 20ms between two changes.
   */
  public static AdaptiveLimitPolicy standard() {
    return STANDARD;
  }

  private List<Object> values() {
    return List.of(initial, min, max, tolerance, window);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AdaptiveLimitPolicy that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "adaptive limit %s to %s from %s, tolerance %s, every %s"
        .formatted(min, max, initial, tolerance, Durations.format(window));
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private int initial = 20;
    private int min = 4;
    private int max = 10_000;
    private double tolerance = 1.7;
    private Duration window = Duration.ofMillis(20);

    private Builder() {}

    /**
     * Lets a quick call take this many times as long as unloaded. Default: 1.7, which is right for
     * most; with less, latencies that vary by themselves look like waiting.
     */
    public Builder tolerance(double value) {
      tolerance = value;
      return this;
    }

    /** Waits at least this long between two changes of the limit. Default: 20ms. */
    public Builder window(Duration value) {
      window = Objects.requireNonNull(value, "window");
      return this;
    }

    /** Begins with one limit and keeps it between two others. Default: 4, 20 and 10,000. */
    public Builder between(int newMin, int newInitial, int newMax) {
      min = newMin;
      initial = newInitial;
      max = newMax;
      return this;
    }

    /** Returns the checked value. */
    public AdaptiveLimitPolicy build() {
      return new AdaptiveLimitPolicy(this);
    }
  }
}
