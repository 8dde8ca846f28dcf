package io.fairlead.balance;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * Gives an endpoint that has just started, or has come back, a share of its calls that grows evenly
 * to the whole. So its caches and compilers can warm up before it gets all of its calls. Off by
 * default.
 */
public final class SlowStart {
  /** No slow start. */
  public static final SlowStart OFF = builder().build();

  private final Duration window;
  private final double initialShare;

  private SlowStart(Builder builder) {
    window = builder.window;
    initialShare = builder.initialShare;
    Arguments.range("slow_start.window", window, Duration.ZERO, Duration.ofHours(1));
    Arguments.range("slow_start.initial_share", initialShare, 0.001, 1);
  }

  /** Returns the usual start from a tenth. */
  public static SlowStart over(Duration window) {
    return builder().window(window).build();
  }

  /** Returns a builder that starts from {@link #OFF}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return builder().window(window).initialShare(initialShare);
  }

  /** Returns how long it takes; zero where it is off. */
  public Duration window() {
    return window;
  }

  /** Returns the share at the beginning, above 0. */
  public double initialShare() {
    return initialShare;
  }

  /** Returns whether endpoints start slowly. */
  public boolean isEnabled() {
    return !window.isZero();
  }

  /** Returns the share of an endpoint of this age. */
  public double share(long ageNanos) {
    long whole = window.toNanos();
    if (ageNanos >= whole) {
      return 1;
    }
    return initialShare + (1 - initialShare) * Math.max(0, ageNanos) / (double) whole;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SlowStart that
        && window.equals(that.window)
        && initialShare == that.initialShare;
  }

  @Override
  public int hashCode() {
    return Objects.hash(window, initialShare);
  }

  @Override
  public String toString() {
    return "slow start{window="
        + Durations.format(window)
        + ", initial_share="
        + initialShare
        + "}";
  }

  /** Collects values; {@link #build} checks them. */
  public static final class Builder {
    private Duration window = Duration.ZERO;
    private double initialShare = 0.1;

    private Builder() {}

    /** Lets the share grow for this long; zero switches it off. Default: off. */
    public Builder window(Duration window) {
      this.window = Objects.requireNonNull(window, "window");
      return this;
    }

    /** Begins with this share. Default: a tenth. */
    public Builder initialShare(double share) {
      initialShare = share;
      return this;
    }

    /** Returns the slow start, checked. */
    public SlowStart build() {
      return new SlowStart(this);
    }
  }
}
