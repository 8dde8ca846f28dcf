package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.internal.AttemptStrategy.Backoff;
import io.fairlead.client.internal.AttemptStrategy.Counts;
import io.fairlead.client.internal.AttemptStrategy.Finish;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Retries by the policy, and their budget. The order of checks is in AttemptStrategyTest. */
class RetryStrategyTest {
  private static final Pushback NO_PUSHBACK = new Pushback(false, 0);
  private static final long MS = 1_000_000L;
  private static final Pushback SOON = new Pushback(true, 7);
  private static final Pushback NEVER = new Pushback(true, -1);

  private final RetryPolicy policy = RetryPolicy.builder().attempts(4).build();
  private long now;
  private final RetryBudget budget = new RetryBudget(10, () -> now);

  private static AttemptResult failed(
      Code code, boolean timedOut, boolean committed, Pushback pushback) {
    Status status = Status.fromCodeValue(code.number());
    return new AttemptResult(
        null,
        status,
        status,
        code,
        RpcProgress.SENT,
        StatusOrigin.WIRE,
        0,
        1,
        1,
        false,
        false,
        timedOut,
        committed,
        false,
        pushback);
  }

  private static AttemptResult failed(Code code, Pushback pushback) {
    return failed(code, false, false, pushback);
  }

  private static final AttemptResult DOWN = failed(Code.UNAVAILABLE, NO_PUSHBACK);

  private static Step step(
      RetryPolicy policy,
      AttemptResult failed,
      boolean idempotent,
      int sent,
      int backoffStep,
      double random) {
    return new RetryStrategy(policy, idempotent, FailureMode.FAILOVER)
        .next(
            failed,
            new Counts(sent, 0, 0, backoffStep, false, false, false, Long.MAX_VALUE, random));
  }

  private Step step(AttemptResult failed) {
    return step(policy, failed, true, 1, 1, 0.5);
  }

  private static Step retryAfter(long millis) {
    return new Backoff(millis * MS);
  }

  @Test
  void backoffsGrowAndHaveAFifthOfJitter() {
    assertThat(step(policy, DOWN, true, 1, 1, 0)).isEqualTo(retryAfter(20));
    assertThat(step(policy, DOWN, true, 1, 1, 1)).isEqualTo(retryAfter(30));
    assertThat(step(policy, DOWN, true, 3, 3, 0.5)).isEqualTo(retryAfter(100));
  }

  @Test
  void aBackoffHasAnUpperBound() {
    RetryPolicy steep = RetryPolicy.builder().attempts(10).backoffMultiplier(10).build();
    assertThat(step(steep, DOWN, true, 9, 9, 0.5)).isEqualTo(retryAfter(1000));
  }

  @Test
  void timedOutAttemptIsRetriedWhateverItsCode() {
    assertThat(step(failed(Code.DEADLINE_EXCEEDED, true, false, NO_PUSHBACK)))
        .isEqualTo(retryAfter(25));
    assertThat(step(failed(Code.DEADLINE_EXCEEDED, NO_PUSHBACK)))
        .isEqualTo(new Finish("its code is not retried"));
  }

  @Test
  void pushbackAppliesToEveryCode() {
    assertThat(step(failed(Code.RESOURCE_EXHAUSTED, SOON))).isEqualTo(retryAfter(7));
    assertThat(step(failed(Code.RESOURCE_EXHAUSTED, NEVER)))
        .isEqualTo(new Finish("its code is not retried"));
    assertThat(step(policy, failed(Code.RESOURCE_EXHAUSTED, SOON), false, 1, 1, 0.5))
        .isEqualTo(new Finish("it may have been executed, and the method is not idempotent"));
    assertThat(step(policy, failed(Code.RESOURCE_EXHAUSTED, SOON), true, 4, 1, 0.5))
        .isEqualTo(new Finish("all attempts are used"));
  }

  @Test
  void pushbackRestartsTheBackoffSequence() {
    assertThat(step(policy, DOWN, true, 3, 1, 0.5)).isEqualTo(retryAfter(25));
  }

  @Test
  void committedCallIsNotRetried() {
    assertThat(step(failed(Code.UNAVAILABLE, false, true, NO_PUSHBACK)))
        .isEqualTo(new Finish("the server had begun to answer"));
  }

  @Test
  void theBudgetIsTenASecondAndAFifthOfTheCalls() {
    int retries = 0;
    while (budget.tryWithdraw()) {
      retries++;
    }
    assertThat(retries).isEqualTo(100);
    for (int i = 0; i < 50; i++) {
      budget.deposit(now);
    }
    assertThat(budget.available()).isEqualTo(10);
    assertThat(budget.tryWithdraw()).isTrue();
    now += 11_000_000_000L;
    assertThat(budget.available()).isEqualTo(100);
    assertThat(new RetryBudget(0, () -> now).tryWithdraw()).isFalse();
  }

  @Test
  void defaultCodesOfBreakersAndRepeatsAreFaultsOfTheEndpoint() {
    assertThat(CircuitBreakerPolicy.standard().codes()).allMatch(Code::isEndpointFault);
    assertThat(policy.codes()).allMatch(Code::isEndpointFault);
    assertThat(HedgingPolicy.builder().delay(Duration.ofMillis(1)).build().codes())
        .allMatch(Code::isEndpointFault);
    assertThat(Code.CANCELLED.isEndpointFault()).isFalse();
  }
}
