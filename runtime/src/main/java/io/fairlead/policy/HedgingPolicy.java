package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hedges of a slow call, as in gRFC A6.
 *
 * @param attempts attempts in all, the first one included; 2 to 10
 * @param delay the delay before the next hedge is sent; zero sends all at once
 * @param codes the outcomes that do not end the call while other attempts run
 * @param unsafe whether hedges are harmless although the method is not marked idempotent
 */
public record HedgingPolicy(int attempts, Duration delay, Set<Code> codes, boolean unsafe) {

  public HedgingPolicy {
    Arguments.range("hedging.attempts", attempts, 2, 10);
    Arguments.notNegative("hedging.delay", delay);
    codes = Arguments.failures("hedging.codes", codes);
  }

  /** Starts with the defaults: 2 attempts, UNAVAILABLE; the delay must be given. */
  public static Builder builder() {
    return new Builder();
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

  /** For one thread. */
  public static final class Builder {
    private int attempts = 2;
    private @Nullable Duration delay;
    private Set<Code> codes = Set.of(Code.UNAVAILABLE);
    private boolean unsafe;

    private Builder() {}

    /** Attempts in all, the first one included; 2 to 10. */
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /** The delay before the next hedge. */
    public Builder delay(Duration value) {
      delay = value;
      return this;
    }

    /** As {@link #delay(Duration)}, e.g. {@code "50ms"}. */
    public Builder delay(String value) {
      return delay(Durations.parse("hedging.delay", value));
    }

    /** The outcomes that do not end the call while other attempts run. */
    public Builder codes(Code... values) {
      codes = Arguments.set(values);
      return this;
    }

    /** As {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** States that hedges are harmless although the method is not marked idempotent. */
    public Builder unsafe() {
      return unsafe(true);
    }

    /** As {@link #unsafe()}. */
    public Builder unsafe(boolean value) {
      unsafe = value;
      return this;
    }

    /** The checked value. */
    public HedgingPolicy build() {
      if (delay == null) {
        throw new IllegalArgumentException(
            "hedging.delay is not set; give the delay before the next attempt, as in \"50ms\"");
      }
      return new HedgingPolicy(attempts, delay, codes, unsafe);
    }
  }
}
