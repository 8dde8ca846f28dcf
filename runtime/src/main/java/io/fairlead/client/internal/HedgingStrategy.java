package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.HedgingPolicy;
import java.util.concurrent.TimeUnit;

/**
 * Sends further attempts while none has answered, as the hedging policy says.
 *
 * <p>A failure with a code that the policy names brings the next hedge forward. Any other failure
 * ends the call, as the other attempts would fail in the same way. A pushback of a server delays
 * the next hedge, or forbids it.
 */
record HedgingStrategy(HedgingPolicy policy) implements AttemptStrategy {
  @Override
  public Step next(AttemptResult failed, Counts counts) {
    if (AttemptStrategy.resends(failed, counts)) {
      return new Send(Kind.RESEND);
    }
    if (!policy.codes().contains(failed.code())) {
      return new Finish(counts.callerLeft() ? "the caller cancelled it" : "its code ends the call");
    }
    if (counts.stopped() || counts.callerLeft() || counts.sent() >= policy.attempts()) {
      return waitOrFinish(counts);
    }
    Pushback pushback = failed.pushback();
    if (!pushback.present()) {
      return new Send(Kind.HEDGE);
    }
    long nanos = TimeUnit.MILLISECONDS.toNanos(pushback.millis());
    if (counts.running() > 0) {
      return new Delay(nanos);
    }
    return nanos < counts.leftNanos() ? new Backoff(nanos) : new Finish(RetryStrategy.NO_TIME);
  }

  private Step waitOrFinish(Counts counts) {
    if (counts.running() > 0) {
      return new Wait();
    }
    return new Finish(
        counts.callerLeft()
            ? "the caller cancelled it"
            : counts.sent() >= policy.attempts()
                ? "all hedges failed"
                : "no further hedge was allowed");
  }

  @Override
  public Step withoutBudget(Counts counts) {
    return waitOrFinish(counts);
  }

  @Override
  public int maxAttempts() {
    return policy.attempts();
  }

  @Override
  public long hedgingDelayNanos() {
    return policy.delay().toNanos();
  }
}
