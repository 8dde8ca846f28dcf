package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;

/**
 * Decides what follows a failed attempt.
 *
 * <p>Pure: it has no state, and its answer is its effect. So retries and hedges are tested as
 * tables, and {@link AttemptEngine} carries out what is decided here under its lock.
 */
interface AttemptStrategy {
  /** Enough for a whole fleet in restart; a bound, as a server that refuses all has a fault. */
  int MAX_RESENDS = 5;

  /**
   * What is known when an attempt has failed.
   *
   * @param sent attempts so far, without those that were sent again because nobody looked at them
   * @param running attempts under way
   * @param resends attempts that were sent again because nobody looked at them
   * @param backoffStep of the growing backoffs that comes next; the first is 1
   * @param stopped whether a server, the budget or the caller has forbidden another attempt
   * @param callerLeft whether the caller has cancelled the call
   * @param closing whether the channel is being closed
   * @param leftNanos until the deadline, or {@link Long#MAX_VALUE} for none
   * @param random from 0 to 1, for jitter
   */
  record Counts(
      int sent,
      int running,
      int resends,
      int backoffStep,
      boolean stopped,
      boolean callerLeft,
      boolean closing,
      long leftNanos,
      double random) {}

  /** What follows a failed attempt. */
  sealed interface Step {}

  /** The call ends with this failure. */
  record Finish(String reason) implements Step {}

  /** Others still run, and one of them may have the answer. */
  record Wait() implements Step {}

  /** Others still run; the next hedge is sent after this time. */
  record Delay(long nanos) implements Step {}

  /** The next attempt is sent at once. */
  record Send(Kind kind) implements Step {}

  /** The next attempt is sent after this time, in which nothing runs. */
  record Backoff(long nanos) implements Step {}

  /** Returns what follows, as far as the budget has an attempt; a {@link Send} may need none. */
  Step next(AttemptResult failed, Counts counts);

  /** Returns what follows where the budget has none. */
  Step withoutBudget(Counts counts);

  /** Returns how many attempts are made by time alone, the first attempt included. */
  default int maxAttempts() {
    return 1;
  }

  /** Returns whether attempts are made by time, so that several may run at once. */
  default boolean hedges() {
    return maxAttempts() > 1;
  }

  /** Returns the time between two hedges. */
  default long hedgingDelayNanos() {
    return 0;
  }

  /**
   * Returns whether an attempt that went nowhere is sent again at once, as if it had not been made:
   * a connection that went away took the request with it unseen. This holds for all strategies.
   */
  static boolean resends(AttemptResult failed, Counts counts) {
    return failed.isUnprocessed()
        && !counts.callerLeft()
        && !counts.closing()
        && counts.leftNanos() > 0
        && counts.resends() < MAX_RESENDS;
  }
}
