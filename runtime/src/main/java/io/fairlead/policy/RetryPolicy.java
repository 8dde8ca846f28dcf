package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Retries of a failed call, as in gRFC A6.
 *
 * @param attempts in all, the first one included; 2 to 10
 * @param perAttempt the time one attempt of a unary call may take before it counts as failed, or
 *     null for none
 * @param codes the outcomes that are worth another attempt; an attempt that passed {@code
 *     perAttempt}, or after which the server asked for another, always is
 * @param backoff the backoff before the first retry, before jitter
 * @param maxBackoff the longest backoff, before jitter
 * @param backoffMultiplier what a backoff is multiplied by to give the next one; 1 to 10
 * @param unsafe whether retries are harmless although the method is not marked idempotent
 */
public record RetryPolicy(
    int attempts,
    @Nullable Duration perAttempt,
    Set<Code> codes,
    Duration backoff,
    Duration maxBackoff,
    double backoffMultiplier,
    boolean unsafe) {

  public RetryPolicy {
    Arguments.range("retry.attempts", attempts, 2, 10);
    Arguments.optional("retry.perAttempt", perAttempt);
    codes = Arguments.failures("retry.codes", codes);
    Arguments.positive("retry.backoff", backoff);
    Arguments.positive("retry.maxBackoff", maxBackoff);
    if (maxBackoff.compareTo(backoff) < 0) {
      throw new IllegalArgumentException(
          "retry.maxBackoff "
              + Durations.format(maxBackoff)
              + " is below retry.backoff "
              + Durations.format(backoff));
    }
    Arguments.range("retry.backoffMultiplier", backoffMultiplier, 1.0, 10.0);
  }

  /** Starts with the defaults: 3 attempts, on UNAVAILABLE, 25ms doubling up to 1s. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Decides whether the failed attempt is followed by another, if the budget has one. Has no
   * effect: the caller withdraws from the budget, and stops with {@link
   * RetryDecision.Reason#BUDGET} if it cannot.
   *
   * @param repeatable whether the method may be executed twice
   * @param random from 0 to 1, for the jitter
   */
  public RetryDecision decide(FailedAttempt failed, boolean repeatable, double random) {
    if (failed.leftNanos() <= 0) {
      return new RetryDecision.Stop(RetryDecision.Reason.DEADLINE);
    }
    FailedAttempt.Pushback pushback = failed.pushback();
    boolean askedFor = pushback.present() && pushback.millis() >= 0;
    if (!failed.timedOut() && !askedFor && !codes.contains(failed.code())) {
      return new RetryDecision.Stop(RetryDecision.Reason.CODE);
    }
    if (failed.committed()) {
      return new RetryDecision.Stop(RetryDecision.Reason.COMMITTED);
    }
    if (failed.mayHaveExecuted() && !repeatable && !unsafe) {
      return new RetryDecision.Stop(RetryDecision.Reason.NOT_IDEMPOTENT);
    }
    if (failed.number() >= attempts) {
      return new RetryDecision.Stop(RetryDecision.Reason.ATTEMPTS);
    }
    if (pushback.present() && !askedFor) {
      return new RetryDecision.Stop(RetryDecision.Reason.PUSHBACK);
    }
    long backoffNanos =
        askedFor
            ? pushback.millis() * 1_000_000L
            : Backoff.delayNanos(this, failed.backoffStep(), random);
    return backoffNanos >= failed.leftNanos()
        ? new RetryDecision.Stop(RetryDecision.Reason.DEADLINE)
        : new RetryDecision.Retry(backoffNanos);
  }

  /** What holds for a method, where this is said of all: a stream's attempts have no time limit. */
  RetryPolicy of(boolean unary) {
    return unary || perAttempt == null
        ? this
        : new RetryPolicy(attempts, null, codes, backoff, maxBackoff, backoffMultiplier, unsafe);
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

  /** For one thread. */
  public static final class Builder {
    private int attempts = 3;
    private @Nullable Duration perAttempt;
    private Set<Code> codes = Set.of(Code.UNAVAILABLE);
    private Duration backoff = Duration.ofMillis(25);
    private @Nullable Duration maxBackoff;
    private double backoffMultiplier = 2;
    private boolean unsafe;

    private Builder() {}

    /** Attempts in all, the first one included; 2 to 10. */
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /** The time one attempt may take. */
    public Builder perAttempt(Duration value) {
      perAttempt = value;
      return this;
    }

    /** As {@link #perAttempt(Duration)}, e.g. {@code "120ms"}. */
    public Builder perAttempt(String value) {
      return perAttempt(Durations.parse("retry.perAttempt", value));
    }

    /** The outcomes that are worth another attempt. */
    public Builder codes(Code... values) {
      codes = Arguments.set(values);
      return this;
    }

    /** As {@link #codes(Code...)}. */
    public Builder codes(Collection<Code> values) {
      codes = Set.copyOf(values);
      return this;
    }

    /** The backoff before the first retry. */
    public Builder backoff(Duration value) {
      backoff = value;
      return this;
    }

    /** As {@link #backoff(Duration)}, e.g. {@code "10ms"}. */
    public Builder backoff(String value) {
      return backoff(Durations.parse("retry.backoff", value));
    }

    /** The longest backoff between two attempts; 1s, or the first backoff if that is longer. */
    public Builder maxBackoff(Duration value) {
      maxBackoff = value;
      return this;
    }

    /** As {@link #maxBackoff(Duration)}, e.g. {@code "250ms"}. */
    public Builder maxBackoff(String value) {
      return maxBackoff(Durations.parse("retry.maxBackoff", value));
    }

    /** What a backoff is multiplied by to give the next one; 1 to 10. */
    public Builder backoffMultiplier(double value) {
      backoffMultiplier = value;
      return this;
    }

    /** States that retries are harmless although the method is not marked idempotent. */
    public Builder unsafe() {
      return unsafe(true);
    }

    /** As {@link #unsafe()}. */
    public Builder unsafe(boolean value) {
      unsafe = value;
      return this;
    }

    /** The checked value. */
    public RetryPolicy build() {
      Duration longest = maxBackoff;
      if (longest == null) {
        Duration second = Duration.ofSeconds(1);
        longest = backoff.compareTo(second) > 0 ? backoff : second;
      }
      return new RetryPolicy(
          attempts, perAttempt, codes, backoff, longest, backoffMultiplier, unsafe);
    }
  }
}
