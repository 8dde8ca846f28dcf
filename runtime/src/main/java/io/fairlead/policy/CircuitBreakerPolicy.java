package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When calls are refused because too many failed.
 *
 * <p>A breaker is closed until, within the window, enough calls ended and the share of failures
 * reached the limit. It then refuses calls for a while, lets a few probes through, and closes if
 * all of them succeed. The same settings serve the breaker of a method and that of an endpoint.
 */
public final class CircuitBreakerPolicy {
  private static final CircuitBreakerPolicy DEFAULT = builder().build();
  private static final CircuitBreakerPolicy OFF = builder().enabled(false).build();

  private final boolean enabled;
  private final double failureRate;
  private final int minimumSamples;
  private final Duration window;
  private final Duration openFor;
  private final int probes;
  private final Set<Code> codes;

  private CircuitBreakerPolicy(Builder builder) {
    enabled = builder.enabled;
    failureRate = builder.failureRate;
    minimumSamples = builder.minimumSamples;
    window = builder.window;
    openFor = builder.openFor;
    probes = builder.probes;
    codes = CodeSets.failures("breaker.codes", builder.codes);
    Arguments.range("breaker.failureRate", failureRate, 0.01, 1.0);
    Arguments.range("breaker.minimumSamples", minimumSamples, 1, 1_000_000);
    Arguments.positive("breaker.window", window);
    Arguments.positive("breaker.openFor", openFor);
    Arguments.range("breaker.probes", probes, 1, 1000);
  }

  /**
   * Returns a builder with the defaults: half of at least 200 calls in 10s, open for 5s, 5 probes.
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.enabled = enabled;
    builder.failureRate = failureRate;
    builder.minimumSamples = minimumSamples;
    builder.window = window;
    builder.openFor = openFor;
    builder.probes = probes;
    builder.codes = codes;
    return builder;
  }

  /** Returns whether there is a breaker at all. */
  public boolean enabled() {
    return enabled;
  }

  /** Returns the share of failures that opens it. */
  public double failureRate() {
    return failureRate;
  }

  /** Returns the outcomes that the window must hold before it opens. */
  public int minimumSamples() {
    return minimumSamples;
  }

  /** Returns how far back outcomes count. */
  public Duration window() {
    return window;
  }

  /** Returns how long it refuses before it lets probes through. */
  public Duration openFor() {
    return openFor;
  }

  /** Returns the calls let through when half open; all must succeed for it to close. */
  public int probes() {
    return probes;
  }

  /** Returns the outcomes that count as failures. */
  public Set<Code> codes() {
    return codes;
  }

  /** Returns the default values. */
  public static CircuitBreakerPolicy standard() {
    return DEFAULT;
  }

  /** Returns a policy without a breaker. */
  public static CircuitBreakerPolicy off() {
    return OFF;
  }

  private List<Object> values() {
    return List.of(enabled, failureRate, minimumSamples, window, openFor, probes, codes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerPolicy that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return enabled
        ? "opens at %s%% of at least %s in %s, for %s, %s, on %s"
            .formatted(
                Math.round(failureRate * 100),
                minimumSamples,
                Durations.format(window),
                Durations.format(openFor),
                Plural.of(probes, "probe"),
                codes)
        : "off";
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private boolean enabled = true;
    private double failureRate = 0.5;
    private int minimumSamples = 200;
    private Duration window = Duration.ofSeconds(10);
    private Duration openFor = Duration.ofSeconds(5);
    private int probes = 5;
    private Set<Code> codes =
        CodeSets.of(
            Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS);

    private Builder() {}

    /** Sets whether there is a breaker at all. Default: there is one. */
    public Builder enabled(boolean value) {
      enabled = value;
      return this;
    }

    /** Sets the share of failures that opens it; 0.01 to 1. Default: 0.5. */
    public Builder failureRate(double value) {
      failureRate = value;
      return this;
    }

    /** Outcomes that the window must hold before it opens. Default: 200. */
    public Builder minimumSamples(int value) {
      minimumSamples = value;
      return this;
    }

    /** Sets how far back outcomes count. Default: 10s. */
    public Builder window(Duration value) {
      window = Objects.requireNonNull(value, "window");
      return this;
    }

    /** Sets how long it refuses before it lets probes through. Default: 5s. */
    public Builder openFor(Duration value) {
      openFor = Objects.requireNonNull(value, "openFor");
      return this;
    }

    /** Calls let through when half open; all must succeed for it to close. Default: 5. */
    public Builder probes(int value) {
      probes = value;
      return this;
    }

    /** Sets the outcomes that count as failures. */
    public Builder codes(Code... values) {
      codes = CodeSets.of(values);
      return this;
    }

    /** Does the same as {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** Returns the checked value. */
    public CircuitBreakerPolicy build() {
      return new CircuitBreakerPolicy(this);
    }
  }
}
