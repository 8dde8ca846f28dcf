package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hedges of a slow call, as in gRFC A6: while the first attempt runs, further ones are sent to
 * other endpoints, and the first good response wins. The others are cancelled. Hedges come out of
 * the same budget as retries.
 */
public final class HedgingPolicy {
  private final int attempts;
  private final Duration delay;
  private final Set<Code> codes;
  private final boolean unsafe;

  private HedgingPolicy(Builder builder, Duration delay) {
    attempts = builder.attempts;
    this.delay = delay;
    codes = CodeSets.failures("hedging.codes", builder.codes);
    unsafe = builder.unsafe;
    Arguments.range("hedging.attempts", attempts, 2, 10);
    Arguments.notNegative("hedging.delay", delay);
  }

  /** Returns a builder with the defaults: 2 attempts, UNAVAILABLE; the delay must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.attempts = attempts;
    builder.delay = delay;
    builder.codes = codes;
    builder.unsafe = unsafe;
    return builder;
  }

  /** Returns the attempts in all, the first one included. */
  public int attempts() {
    return attempts;
  }

  /** Returns the delay before the next hedge is sent; zero sends all at once. */
  public Duration delay() {
    return delay;
  }

  /** Returns the outcomes that do not end the call while other attempts run. */
  public Set<Code> codes() {
    return codes;
  }

  /** Returns whether hedges are harmless although the method is not marked idempotent. */
  public boolean unsafe() {
    return unsafe;
  }

  /** Returns the part of a service's policy that applies to one of its methods. */
  @Nullable HedgingPolicy asDefaultOf(boolean unary, boolean repeatable) {
    return unary && (repeatable || unsafe) ? this : null;
  }

  private List<Object> values() {
    return List.of(attempts, delay, codes, unsafe);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HedgingPolicy that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "attempts "
        + attempts
        + ", every "
        + Durations.format(delay)
        + ", on "
        + codes
        + (unsafe ? ", unsafe" : "");
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private int attempts = 2;
    private @Nullable Duration delay;
    private Set<Code> codes = Set.of(Code.UNAVAILABLE);
    private boolean unsafe;

    private Builder() {}

    /** Attempts in all, the first one included; 2 to 10. Default: 2. */
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /** Sets the delay before the next hedge; zero sends all at once. Must be given. */
    public Builder delay(Duration value) {
      delay = Objects.requireNonNull(value, "delay");
      return this;
    }

    /**
     * Sets the outcomes that do not end the call while other attempts run. Default: UNAVAILABLE.
     */
    public Builder codes(Code... values) {
      codes = CodeSets.of(values);
      return this;
    }

    /** Does the same as {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** States that hedges are harmless although the method is not marked idempotent. */
    public Builder unsafe() {
      return unsafe(true);
    }

    /** Does the same as {@link #unsafe()}. */
    public Builder unsafe(boolean value) {
      unsafe = value;
      return this;
    }

    /** Returns the checked value. */
    public HedgingPolicy build() {
      if (delay == null) {
        throw new IllegalArgumentException(
            "hedging.delay is not set; give the delay before the next attempt, as in \"50ms\"");
      }
      return new HedgingPolicy(this, delay);
    }
  }
}
