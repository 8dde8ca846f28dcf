package io.fairlead.client.internal;

import io.fairlead.client.internal.AttemptStrategy.Backoff;
import io.fairlead.client.internal.AttemptStrategy.Counts;
import io.fairlead.client.internal.AttemptStrategy.Send;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * Counts the attempts of a call, asks the strategy what follows a failed one, and pays for it. The
 * first attempt is counted from the start, so that a call makes a counter only when it needs more.
 *
 * <p>It is the only place where the retry budget is charged, so that retries, hedges and streams
 * follow the same rules. Not safe for use by several threads: the lock of the call guards it.
 */
final class AttemptCounter {
  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  private final CallEnvironment environment;
  private int sent = 1;
  private int resends;
  private int backoffStep = 1;
  private boolean stopped;

  AttemptCounter(CallEnvironment environment) {
    this.environment = environment;
  }

  /**
   * Counts a further attempt that is about to be sent.
   *
   * @return the attempts before it, as gRFC A6 counts them; one that is sent again because nobody
   *     looked at it is not counted anew
   */
  int send(Kind kind) {
    if (kind == Kind.RESEND) {
      resends++;
      return sent - 1;
    }
    return sent++;
  }

  int sent() {
    return sent;
  }

  /** Allows no further attempt. */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /** Takes an attempt from the budget; if that has none, no further one is allowed. */
  boolean pay() {
    stopped |= !environment.budget().tryWithdraw();
    return !stopped;
  }

  /** Returns what follows a failed attempt, and takes what that needs from the budget. */
  Step decide(
      AttemptStrategy strategy,
      AttemptResult failed,
      int running,
      boolean callerLeft,
      long leftNanos) {
    boolean asked = failed.pushback().present();
    stopped |= asked && failed.pushback().millis() < 0;
    Step step = strategy.next(failed, counts(running, callerLeft, leftNanos));
    boolean free =
        !(step instanceof Backoff) && !(step instanceof Send next && next.kind() != Kind.RESEND);
    if (!free && !pay()) {
      return strategy.withoutBudget(counts(running, callerLeft, leftNanos));
    }
    if (step instanceof Backoff) {
      // A backoff that the server asked for begins the row of growing ones anew.
      backoffStep = asked ? 1 : backoffStep + 1;
    }
    return step;
  }

  private Counts counts(int running, boolean callerLeft, long leftNanos) {
    return new Counts(
        sent,
        running,
        resends,
        backoffStep,
        stopped,
        callerLeft,
        environment.backoffs().closing(),
        leftNanos,
        environment.random().getAsDouble());
  }

  /**
   * Returns what one attempt sends: a copy, as grpc-java and credentials add to what they are
   * given.
   *
   * @param before the attempts before it
   */
  static Metadata headers(@Nullable Metadata given, int before) {
    Metadata sent = new Metadata();
    if (given != null) {
      sent.merge(given);
    }
    if (before > 0) {
      sent.put(PREVIOUS_ATTEMPTS, Integer.toString(before));
    }
    return sent;
  }
}
