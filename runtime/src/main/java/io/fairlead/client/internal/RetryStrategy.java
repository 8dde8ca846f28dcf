package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RetryDecision;
import io.fairlead.policy.RetryPolicy;
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
      return new Finish(
          mode == FailureMode.FAILFAST
              ? "failure mode FAILFAST"
              : RetryDecision.Reason.NO_POLICY.toString());
    }
    RetryDecision decision =
        policy.decide(
            new FailedAttempt(
                counts.sent(),
                counts.backoffStep(),
                failed.code(),
                failed.timedOut(),
                failed.progress() == RpcProgress.SENT,
                failed.committed(),
                failed.pushback(),
                counts.leftNanos()),
            idempotent,
            counts.random());
    return decision instanceof RetryDecision.Retry retry
        ? new Backoff(retry.backoffNanos(), Kind.RETRY)
        : new Finish(((RetryDecision.Stop) decision).reason().toString());
  }

  @Override
  public Step withoutBudget(Counts counts) {
    return new Finish(RetryDecision.Reason.BUDGET.toString());
  }
}
