package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Retries of a failed call, as in gRFC A6.
 *
 * <p>A retry needs three things: a code that the policy names, a method that is idempotent or a
 * policy that is {@code unsafe}, and a retry in the channel's budget. A request that never left the
 * process is sent again without a policy; that is not a retry.
 */
public final class RetryPolicy {
  private final int attempts;
  private final @Nullable Duration perAttempt;
  private final Set<Code> codes;
  private final Duration backoff;
  private final Duration maxBackoff;
  private final double backoffMultiplier;
  private final boolean unsafe;

  private RetryPolicy(Builder builder) {
    attempts = builder.attempts;
    perAttempt = builder.perAttempt;
    codes = CodeSets.failures("retry.codes", builder.codes);
    backoff = builder.backoff;
    maxBackoff = builder.longestBackoff();
    backoffMultiplier = builder.backoffMultiplier;
    unsafe = builder.unsafe;
    Arguments.range("retry.attempts", attempts, 2, 10);
    Arguments.optional("retry.perAttempt", perAttempt);
    Arguments.positive("retry.backoff", backoff);
    Arguments.positive("retry.maxBackoff", maxBackoff);
    if (maxBackoff.compareTo(backoff) < 0) {
      throw new IllegalArgumentException(
          "retry.maxBackoff %s is below retry.backoff %s"
              .formatted(Durations.format(maxBackoff), Durations.format(backoff)));
    }
    Arguments.range("retry.backoffMultiplier", backoffMultiplier, 1.0, 10.0);
  }

  /** Returns a builder with the defaults: 3 attempts, on UNAVAILABLE, 25ms doubling up to 1s. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.attempts = attempts;
    builder.perAttempt = perAttempt;
    builder.codes = codes;
    builder.backoff = backoff;
    builder.maxBackoff = maxBackoff;
    builder.backoffMultiplier = backoffMultiplier;
    builder.unsafe = unsafe;
    return builder;
  }

  /** Returns the attempts in all, the first one included. */
  public int attempts() {
    return attempts;
  }

  /** Returns the time one attempt of a unary call may take before it counts as failed. */
  public Optional<Duration> perAttempt() {
    return Optional.ofNullable(perAttempt);
  }

  /**
   * Returns the outcomes that are worth another attempt; an attempt that passed {@link
   * #perAttempt}, or after which the server asked for another, always is.
   */
  public Set<Code> codes() {
    return codes;
  }

  /** Returns the backoff before the first retry, before jitter. */
  public Duration backoff() {
    return backoff;
  }

  /** Returns the longest backoff, before jitter. */
  public Duration maxBackoff() {
    return maxBackoff;
  }

  /** Returns what a backoff is multiplied by to give the next one. */
  public double backoffMultiplier() {
    return backoffMultiplier;
  }

  /** Returns whether retries are harmless although the method is not marked idempotent. */
  public boolean unsafe() {
    return unsafe;
  }

  /**
   * Returns the part of a service's policy that applies to one of its methods: nothing if it must
   * not run twice; and a stream's attempts have no time limit.
   */
  @Nullable RetryPolicy asDefaultOf(boolean unary, boolean repeatable) {
    if (!repeatable && !unsafe) {
      return null;
    }
    if (unary || perAttempt == null) {
      return this;
    }
    Builder builder = toBuilder();
    builder.perAttempt = null;
    return builder.build();
  }

  private List<@Nullable Object> values() {
    return Arrays.asList(
        attempts, perAttempt, codes, backoff, maxBackoff, backoffMultiplier, unsafe);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryPolicy that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "attempts "
        + attempts
        + (perAttempt == null ? "" : ", per attempt " + Durations.format(perAttempt))
        + ", on "
        + codes
        + ", backoff "
        + Durations.format(backoff)
        + " x "
        + backoffMultiplier
        + " up to "
        + Durations.format(maxBackoff)
        + (unsafe ? ", unsafe" : "");
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private int attempts = 3;
    private @Nullable Duration perAttempt;
    private Set<Code> codes = Set.of(Code.UNAVAILABLE);
    private Duration backoff = Duration.ofMillis(25);
    private @Nullable Duration maxBackoff;
    private double backoffMultiplier = 2;
    private boolean unsafe;

    private Builder() {}

    /** Attempts in all, the first one included; 2 to 10. Default: 3. */
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /**
     * Sets the time one attempt of a unary call may take before it counts as failed. Default: none.
     */
    public Builder perAttempt(Duration value) {
      perAttempt = Objects.requireNonNull(value, "perAttempt");
      return this;
    }

    /** Sets the outcomes that are worth another attempt. Default: UNAVAILABLE. */
    public Builder codes(Code... values) {
      codes = CodeSets.of(values);
      return this;
    }

    /** Does the same as {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** Sets the backoff before the first retry, before jitter. Default: 25ms. */
    public Builder backoff(Duration value) {
      backoff = Objects.requireNonNull(value, "backoff");
      return this;
    }

    /**
     * Sets the longest backoff between two attempts. Default: 1s, or the first backoff if that is
     * longer.
     */
    public Builder maxBackoff(Duration value) {
      maxBackoff = Objects.requireNonNull(value, "maxBackoff");
      return this;
    }

    /** Sets what a backoff is multiplied by to give the next one; 1 to 10. Default: 2. */
    public Builder backoffMultiplier(double value) {
      backoffMultiplier = value;
      return this;
    }

    /** States that retries are harmless although the method is not marked idempotent. */
    public Builder unsafe() {
      return unsafe(true);
    }

    /** Does the same as {@link #unsafe()}. */
    public Builder unsafe(boolean value) {
      unsafe = value;
      return this;
    }

    /** Returns the checked value. */
    public RetryPolicy build() {
      return new RetryPolicy(this);
    }

    private Duration longestBackoff() {
      if (maxBackoff != null) {
        return maxBackoff;
      }
      Duration second = Duration.ofSeconds(1);
      return backoff.compareTo(second) > 0 ? backoff : second;
    }
  }
}
