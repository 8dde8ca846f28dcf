package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RetryPolicy;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes one attempt after another, as the retry policy says.
 *
 * <p>The order of its checks matters. A call that its caller left ends. A request that nobody
 * looked at is sent again, which needs no policy. A channel that is closing makes no further
 * attempt. Only then is the policy asked.
 */
record RetryStrategy(@Nullable RetryPolicy policy, boolean idempotent, FailureMode mode)
    implements AttemptStrategy {
  static final String NO_TIME = "the deadline leaves no time for another";

  static RetryStrategy of(MethodConfig config) {
    return new RetryStrategy(config.retry, config.idempotent, config.policy.failureMode());
  }

  @Override
  public Step next(AttemptResult failed, Counts counts) {
    if (counts.callerLeft()) {
      return new Finish("the caller cancelled it");
    }
    if (AttemptStrategy.resends(failed, counts)) {
      return new Send(Kind.RESEND);
    }
    if (counts.closing()) {
      return new Finish("the channel was closed; keep one open for as long as calls are made");
    }
    if (policy == null) {
      return new Finish(mode == FailureMode.FAILFAST ? "failure mode FAILFAST" : "no retry policy");
    }
    String obstacle = obstacle(policy, failed, counts);
    if (obstacle != null) {
      return new Finish(obstacle);
    }
    long nanos = backoffNanos(policy, failed.pushback(), counts);
    return nanos < counts.leftNanos() ? new Backoff(nanos) : new Finish(NO_TIME);
  }

  /** Returns why there is no retry, in the words that the caller reads, or null. */
  private @Nullable String obstacle(RetryPolicy retry, AttemptResult failed, Counts counts) {
    Pushback pushback = failed.pushback();
    boolean askedFor = pushback.present() && pushback.millis() >= 0;
    if (counts.leftNanos() <= 0) {
      return NO_TIME;
    }
    if (!failed.timedOut() && !askedFor && !retry.codes().contains(failed.code())) {
      return "its code is not retried";
    }
    if (failed.committed()) {
      return "the server had begun to answer";
    }
    if (failed.progress() == RpcProgress.SENT && !idempotent && !retry.unsafe()) {
      return "it may have been executed, and the method is not idempotent";
    }
    if (counts.sent() >= retry.attempts()) {
      return "all attempts are used";
    }
    return pushback.present() && !askedFor ? "the server asked for no more" : null;
  }

  /**
   * Returns the backoff as in gRFC A6: what the server asked for, or one that grows, with a jitter
   * of a fifth up and down.
   */
  private static long backoffNanos(RetryPolicy retry, Pushback pushback, Counts counts) {
    if (pushback.present()) {
      return TimeUnit.MILLISECONDS.toNanos(pushback.millis());
    }
    double growth = Math.pow(retry.backoffMultiplier(), Math.max(0, counts.backoffStep() - 1));
    double grown = retry.backoff().toNanos() * growth;
    double capped = Math.min(grown, (double) retry.maxBackoff().toNanos());
    return (long) (capped * (0.8 + 0.4 * counts.random()));
  }

  @Override
  public Step withoutBudget(Counts counts) {
    return new Finish("the retry budget is used up");
  }
}
