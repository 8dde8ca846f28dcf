package io.fairlead.policy;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.Set;

/**
 * When calls are refused because too many failed.
 *
 * @param enabled whether there is a breaker at all
 * @param failureRate the share of failures that opens it; above 0, up to 1
 * @param minimumSamples outcomes that the window must hold before it opens
 * @param window how far back outcomes count
 * @param openFor how long it refuses before it lets probes through
 * @param probes calls let through when half open; all must succeed for it to close
 * @param codes the outcomes that count as failures
 */
public record CircuitBreakerPolicy(
    boolean enabled,
    double failureRate,
    int minimumSamples,
    Duration window,
    Duration openFor,
    int probes,
    Set<Code> codes) {

  private static final CircuitBreakerPolicy DEFAULT = builder().build();
  private static final CircuitBreakerPolicy OFF = builder().enabled(false).build();

  public CircuitBreakerPolicy {
    Arguments.range("breaker.failureRate", failureRate, 0.01, 1.0);
    Arguments.range("breaker.minimumSamples", minimumSamples, 1, 1_000_000);
    Arguments.positive("breaker.window", window);
    Arguments.positive("breaker.openFor", openFor);
    Arguments.range("breaker.probes", probes, 1, 1000);
    codes = Arguments.failures("breaker.codes", codes);
  }

  /** The values that hold where nothing is stated. */
  public static CircuitBreakerPolicy standard() {
    return DEFAULT;
  }

  /** No breaker. */
  public static CircuitBreakerPolicy off() {
    return OFF;
  }

  /** Starts with the defaults: half of at least 200 calls in 10s, open for 5s, 5 probes. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether a state that began this long ago has nobody who asks: its endpoint has gone. */
  boolean longIdle(long ageNanos) {
    return ageNanos / 10 > window.toNanos() + openFor.toNanos();
  }

  /** Written out: the generated one is linked at its first use, which a start would feel. */
  @Override
  public int hashCode() {
    return Objects.hash(enabled, failureRate, minimumSamples, window, openFor, probes, codes);
  }

  @Override
  public String toString() {
    return enabled
        ? "opens at "
            + Math.round(failureRate * 100)
            + "% of at least "
            + minimumSamples
            + " in "
            + Durations.format(window)
            + ", for "
            + Durations.format(openFor)
            + ", "
            + Plural.of(probes, "probe")
            + ", on "
            + codes
        : "off";
  }

  /** For one thread. */
  public static final class Builder {
    private boolean enabled = true;
    private double failureRate = 0.5;
    private int minimumSamples = 200;
    private Duration window = Duration.ofSeconds(10);
    private Duration openFor = Duration.ofSeconds(5);
    private int probes = 5;
    private Set<Code> codes =
        Arguments.set(
            Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS);

    private Builder() {}

    /** Whether there is a breaker at all. */
    public Builder enabled(boolean value) {
      enabled = value;
      return this;
    }

    /** The share of failures that opens it; 0.01 to 1. */
    public Builder failureRate(double value) {
      failureRate = value;
      return this;
    }

    /** Outcomes that the window must hold before it opens. */
    public Builder minimumSamples(int value) {
      minimumSamples = value;
      return this;
    }

    /** How far back outcomes count. */
    public Builder window(Duration value) {
      window = value;
      return this;
    }

    /** As {@link #window(Duration)}, e.g. {@code "10s"}. */
    public Builder window(String value) {
      return window(Durations.parse("breaker.window", value));
    }

    /** How long it refuses before it lets probes through. */
    public Builder openFor(Duration value) {
      openFor = value;
      return this;
    }

    /** As {@link #openFor(Duration)}, e.g. {@code "5s"}. */
    public Builder openFor(String value) {
      return openFor(Durations.parse("breaker.openFor", value));
    }

    /** Calls let through when half open. */
    public Builder probes(int value) {
      probes = value;
      return this;
    }

    /** The outcomes that count as failures. */
    public Builder codes(Code... values) {
      codes = Arguments.set(values);
      return this;
    }

    /** As {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** The checked value. */
    public CircuitBreakerPolicy build() {
      return new CircuitBreakerPolicy(
          enabled, failureRate, minimumSamples, window, openFor, probes, codes);
    }
  }
}
