package io.fairlead.balance;

import com.google.common.base.MoreObjects;
import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * When an endpoint that does worse than the others gets no calls for a while.
 *
 * <p>The rules are those of gRFC A50, with two additions: consecutive failures, and latency.
 * Consecutive failures are judged at once, the other rules at each interval, among endpoints with
 * enough calls. At most {@code maxPercent} of the endpoints are ejected, but one always may be.
 */
public final class OutlierDetectionPolicy {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);

  /** Consecutive failures, and success rate. */
  public static final OutlierDetectionPolicy DEFAULT = builder().build();

  /** No endpoint is ejected. */
  public static final OutlierDetectionPolicy OFF =
      builder().consecutiveFailures(0).stdevFactor(0).build();

  private final Duration interval;
  private final Duration baseEjection;
  private final Duration maxEjection;
  private final int maxPercent;
  private final int consecutiveFailures;
  private final int stdevFactor;
  private final int failurePercent;
  private final double latencyFactor;
  private final int minHosts;
  private final int minRequests;

  private OutlierDetectionPolicy(Builder builder) {
    interval = Arguments.range("outlier_detection.interval", builder.interval, SECOND, DAY);
    baseEjection =
        Arguments.range("outlier_detection.base_ejection", builder.baseEjection, SECOND, DAY);
    maxEjection =
        Arguments.range("outlier_detection.max_ejection", builder.maxEjection, SECOND, DAY);
    maxPercent = Arguments.range("outlier_detection.max_percent", builder.maxPercent, 0, 100);
    consecutiveFailures =
        Arguments.range(
            "outlier_detection.consecutive_failures", builder.consecutiveFailures, 0, 1_000_000);
    stdevFactor =
        Arguments.range("outlier_detection.stdev_factor", builder.stdevFactor, 0, 1_000_000);
    failurePercent =
        Arguments.range("outlier_detection.failure_percent", builder.failurePercent, 0, 100);
    latencyFactor =
        Arguments.range("outlier_detection.latency_factor", builder.latencyFactor, 0, 1000);
    minHosts = Arguments.range("outlier_detection.min_hosts", builder.minHosts, 1, 1_000_000);
    minRequests =
        Arguments.range("outlier_detection.min_requests", builder.minRequests, 1, 1_000_000);
    if (maxEjection.compareTo(baseEjection) < 0) {
      throw new IllegalArgumentException(
          "outlier_detection.max_ejection %s is below base_ejection %s"
              .formatted(Durations.format(maxEjection), Durations.format(baseEjection)));
    }
  }

  /** Returns a builder that starts from {@link #DEFAULT}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return builder()
        .interval(interval)
        .baseEjection(baseEjection)
        .maxEjection(maxEjection)
        .maxPercent(maxPercent)
        .consecutiveFailures(consecutiveFailures)
        .stdevFactor(stdevFactor)
        .failurePercent(failurePercent)
        .latencyFactor(latencyFactor)
        .minHosts(minHosts)
        .minRequests(minRequests);
  }

  /** Returns how often the figures are judged. */
  public Duration interval() {
    return interval;
  }

  /** Returns how long the first ejection lasts; each further one is longer by this. */
  public Duration baseEjection() {
    return baseEjection;
  }

  /** Returns how long an ejection lasts at most. */
  public Duration maxEjection() {
    return maxEjection;
  }

  /**
   * Returns which percentage of the endpoints is ejected at most; one always may be, unless it is
   * 0.
   */
  public int maxPercent() {
    return maxPercent;
  }

  /**
   * Returns after how many consecutive calls that failed, or lost to a later hedge, an endpoint is
   * ejected at once; empty if never.
   */
  public OptionalInt consecutiveFailures() {
    return consecutiveFailures == 0 ? OptionalInt.empty() : OptionalInt.of(consecutiveFailures);
  }

  /**
   * Returns how many thousandths of a standard deviation below the mean a success rate ejects;
   * empty if none does.
   */
  public OptionalInt stdevFactor() {
    return stdevFactor == 0 ? OptionalInt.empty() : OptionalInt.of(stdevFactor);
  }

  /** Returns which percentage of failures ejects when it is exceeded; empty if none does. */
  public OptionalInt failurePercent() {
    return failurePercent == 0 ? OptionalInt.empty() : OptionalInt.of(failurePercent);
  }

  /** Returns how many times the median a mean latency must exceed to eject; empty if none does. */
  public OptionalDouble latencyFactor() {
    return latencyFactor == 0 ? OptionalDouble.empty() : OptionalDouble.of(latencyFactor);
  }

  /** Returns how many endpoints must have enough calls to be compared. */
  public int minHosts() {
    return minHosts;
  }

  /** Returns how many calls in an interval an endpoint must have to be judged. */
  public int minRequests() {
    return minRequests;
  }

  private List<Object> values() {
    return List.of(
        interval,
        baseEjection,
        maxEjection,
        maxPercent,
        consecutiveFailures,
        stdevFactor,
        failurePercent,
        latencyFactor,
        minHosts,
        minRequests);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OutlierDetectionPolicy that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return MoreObjects.toStringHelper("outlier_detection")
        .add("interval", Durations.format(interval))
        .add("base_ejection", Durations.format(baseEjection))
        .add("max_ejection", Durations.format(maxEjection))
        .add("max_percent", maxPercent)
        .add("consecutive_failures", consecutiveFailures)
        .add("stdev_factor", stdevFactor)
        .add("failure_percent", failurePercent)
        .add("latency_factor", latencyFactor)
        .add("min_hosts", minHosts)
        .add("min_requests", minRequests)
        .toString();
  }

  /** Collects values; {@link #build} checks them. */
  public static final class Builder {
    private Duration interval = Duration.ofSeconds(10);
    private Duration baseEjection = Duration.ofSeconds(30);
    private Duration maxEjection = Duration.ofMinutes(5);
    private int maxPercent = 10;
    private int consecutiveFailures = 5;
    private int stdevFactor = 1900;
    private int failurePercent = 0;
    private double latencyFactor = 0;
    private int minHosts = 5;
    private int minRequests = 100;

    private Builder() {}

    /** Judges the figures this often. Default: 10s. */
    public Builder interval(Duration interval) {
      this.interval = Objects.requireNonNull(interval, "interval");
      return this;
    }

    /** Ejects for this long the first time, and longer by this each further time. Default: 30s. */
    public Builder baseEjection(Duration baseEjection) {
      this.baseEjection = Objects.requireNonNull(baseEjection, "baseEjection");
      return this;
    }

    /** Ejects for at most this long. Default: 5m. */
    public Builder maxEjection(Duration maxEjection) {
      this.maxEjection = Objects.requireNonNull(maxEjection, "maxEjection");
      return this;
    }

    /**
     * Ejects at most this percentage of the endpoints; one always may be, unless it is 0. Default:
     * 10.
     */
    public Builder maxPercent(int maxPercent) {
      this.maxPercent = maxPercent;
      return this;
    }

    /**
     * Ejects at once after this many consecutive calls that failed, or lost to a later hedge; 0
     * switches it off. Default: 5.
     */
    public Builder consecutiveFailures(int consecutiveFailures) {
      this.consecutiveFailures = consecutiveFailures;
      return this;
    }

    /**
     * Ejects at a success rate this many thousandths of a standard deviation below the mean; 0
     * switches it off. Default: 1900.
     */
    public Builder stdevFactor(int stdevFactor) {
      this.stdevFactor = stdevFactor;
      return this;
    }

    /** Ejects above this percentage of failures; 0 switches it off. Default: off. */
    public Builder failurePercent(int failurePercent) {
      this.failurePercent = failurePercent;
      return this;
    }

    /**
     * Ejects at a mean latency above this many times the median; 0 switches it off. Default: off.
     */
    public Builder latencyFactor(double latencyFactor) {
      this.latencyFactor = latencyFactor;
      return this;
    }

    /** Compares no fewer endpoints with enough calls than this. Default: 5. */
    public Builder minHosts(int minHosts) {
      this.minHosts = minHosts;
      return this;
    }

    /** Judges no endpoint with fewer calls in an interval. Default: 100. */
    public Builder minRequests(int minRequests) {
      this.minRequests = minRequests;
      return this;
    }

    /** Returns the policy, checked. */
    public OutlierDetectionPolicy build() {
      return new OutlierDetectionPolicy(this);
    }
  }
}
