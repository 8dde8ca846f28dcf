package io.fairlead.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.RetryDecision.Reason;
import io.fairlead.policy.RetryDecision.Retry;
import io.fairlead.policy.RetryDecision.Stop;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final long MS = 1_000_000L;

  private long now;
  private final RetryBudget budget = RetryBudget.standard(() -> now);
  private final RetryPolicy policy = RetryPolicy.builder().attempts(4).build();

  private static FailedAttempt failed(int number, Code code) {
    return failed(number, number, code, Pushback.NONE);
  }

  private static FailedAttempt failed(int number, int step, Code code, Pushback pushback) {
    return new FailedAttempt(number, step, code, false, true, false, pushback, Long.MAX_VALUE);
  }

  @Test
  void pausesGrowAndHaveAFifthOfJitter() {
    assertThat(policy.decide(failed(1, Code.UNAVAILABLE), true, 0)).isEqualTo(new Retry(20 * MS));
    assertThat(policy.decide(failed(1, Code.UNAVAILABLE), true, 1)).isEqualTo(new Retry(30 * MS));
    assertThat(policy.decide(failed(3, Code.UNAVAILABLE), true, 0.5))
        .isEqualTo(new Retry(100 * MS));
  }

  @Test
  void aPauseHasAnUpperBound() {
    RetryPolicy steep = RetryPolicy.builder().attempts(10).backoffMultiplier(10).build();
    assertThat(steep.decide(failed(9, Code.UNAVAILABLE), true, 0.5))
        .isEqualTo(new Retry(1000 * MS));
  }

  @Test
  void executedCallIsRetriedOnlyIfIdempotent() {
    assertThat(policy.decide(failed(1, Code.UNAVAILABLE), false, 0.5))
        .isEqualTo(new Stop(Reason.NOT_IDEMPOTENT));
    FailedAttempt unseen =
        new FailedAttempt(
            1, 1, Code.UNAVAILABLE, false, false, false, Pushback.NONE, Long.MAX_VALUE);
    assertThat(policy.decide(unseen, false, 0.5)).isInstanceOf(Retry.class);
  }

  @Test
  void timedOutAttemptIsRetriedWhateverItsCode() {
    FailedAttempt slow =
        new FailedAttempt(
            1, 1, Code.DEADLINE_EXCEEDED, true, true, false, Pushback.NONE, Long.MAX_VALUE);
    assertThat(policy.decide(slow, true, 0.5)).isInstanceOf(Retry.class);
    assertThat(policy.decide(failed(1, Code.DEADLINE_EXCEEDED), true, 0.5))
        .isEqualTo(new Stop(Reason.CODE));
  }

  @Test
  void pushbackReplacesTheBackoff() {
    FailedAttempt told = failed(1, 1, Code.UNAVAILABLE, Pushback.parse("7"));
    assertThat(policy.decide(told, true, 0.5)).isEqualTo(new Retry(7 * MS));
    for (String stop : List.of("-1", "soon")) {
      FailedAttempt refused = failed(1, 1, Code.UNAVAILABLE, Pushback.parse(stop));
      assertThat(policy.decide(refused, true, 0.5)).isEqualTo(new Stop(Reason.PUSHBACK));
    }
  }

  @Test
  void pushbackAppliesToEveryCode() {
    assertThat(policy.decide(failed(1, 1, Code.RESOURCE_EXHAUSTED, Pushback.parse("7")), true, 0.5))
        .isEqualTo(new Retry(7 * MS));
    assertThat(
            policy.decide(failed(1, 1, Code.RESOURCE_EXHAUSTED, Pushback.parse("-1")), true, 0.5))
        .isEqualTo(new Stop(Reason.CODE));
    assertThat(
            policy.decide(failed(1, 1, Code.RESOURCE_EXHAUSTED, Pushback.parse("7")), false, 0.5))
        .isEqualTo(new Stop(Reason.NOT_IDEMPOTENT));
    assertThat(policy.decide(failed(4, 1, Code.RESOURCE_EXHAUSTED, Pushback.parse("7")), true, 0.5))
        .isEqualTo(new Stop(Reason.ATTEMPTS));
  }

  @Test
  void pushbackRestartsTheBackoffSequence() {
    assertThat(policy.decide(failed(3, 1, Code.UNAVAILABLE, Pushback.NONE), true, 0.5))
        .isEqualTo(new Retry(25 * MS));
  }

  @Test
  void committedCallIsNotRetried() {
    FailedAttempt committed =
        new FailedAttempt(1, 1, Code.UNAVAILABLE, false, true, true, Pushback.NONE, Long.MAX_VALUE);
    assertThat(policy.decide(committed, true, 0.5)).isEqualTo(new Stop(Reason.COMMITTED));
  }

  @Test
  void nothingStartsPastTheDeadline() {
    FailedAttempt late =
        new FailedAttempt(1, 1, Code.UNAVAILABLE, false, true, false, Pushback.NONE, 25 * MS);
    assertThat(policy.decide(late, true, 0.5)).isEqualTo(new Stop(Reason.DEADLINE));
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
  }

  @Test
  void decidingTakesNothingFromTheBudget() {
    long before = budget.available();
    assertThat(policy.decide(failed(1, Code.UNAVAILABLE), true, 0.5)).isInstanceOf(Retry.class);
    assertThat(budget.available()).isEqualTo(before);
    assertThat(new RetryBudget(0, () -> now).tryWithdraw()).isFalse();
  }

  @Test
  void defaultCodesOfBreakersAndRepeatsAreFaultsOfTheEndpoint() {
    assertThat(CircuitBreakerPolicy.standard().codes()).allMatch(Code::isEndpointFault);
    assertThat(policy.codes()).allMatch(Code::isEndpointFault);
    assertThat(HedgingPolicy.builder().delay(java.time.Duration.ofMillis(1)).build().codes())
        .allMatch(Code::isEndpointFault);
    assertThat(Code.CANCELLED.isEndpointFault()).isFalse();
  }
}
