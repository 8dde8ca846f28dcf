package io.fairlead.client.internal;

import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Guards that several calls share. */
public final class PolicyRaces {
  private static final long SECOND = 1_000_000_000L;

  private PolicyRaces() {}

  private static CircuitBreaker opened(int probes) {
    CircuitBreaker breaker =
        new CircuitBreaker(
            CircuitBreakerPolicy.builder()
                .minimumSamples(1)
                .openFor(Duration.ofSeconds(1))
                .probes(probes)
                .build(),
            SECOND,
            (to, why) -> {});
    breaker.record(Code.INTERNAL, "", SECOND, SECOND);
    return breaker;
  }

  /** Two calls, and one probe to have. */
  @JCStressTest
  @State
  @Outcome(
      id = {"true, false", "false, true"},
      expect = Expect.ACCEPTABLE,
      desc = "one probe")
  @Outcome(expect = Expect.FORBIDDEN, desc = "two probes, or none")
  public static class OneProbe {
    private final CircuitBreaker breaker = opened(1);

    @Actor
    public void one(ZZ_Result result) {
      result.r1 = breaker.acquire(3 * SECOND);
    }

    @Actor
    public void other(ZZ_Result result) {
      result.r2 = breaker.acquire(3 * SECOND);
    }
  }

  /** A good probe and a bad one: the bad one decides, unless both were needed and came first. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "open again")
  @Outcome(expect = Expect.FORBIDDEN, desc = "closed by one good probe of two, or left half open")
  public static class GoodAndBadProbe {
    private final CircuitBreaker breaker = opened(2);

    @Actor
    public void good(III_Result result) {
      result.r1 = breaker.acquire(3 * SECOND) ? 1 : 0;
      breaker.record(Code.OK, "", 3 * SECOND, 3 * SECOND);
    }

    @Actor
    public void bad(III_Result result) {
      result.r2 = breaker.acquire(3 * SECOND) ? 1 : 0;
      breaker.record(Code.INTERNAL, "", 3 * SECOND, 3 * SECOND);
    }

    @Arbiter
    public void after(III_Result result) {
      // Whoever came second may have found it open already, and was not let through.
      int once = Math.max(result.r1, result.r2);
      result.r1 = once;
      result.r2 = once;
      result.r3 = breaker.phase(3 * SECOND) == CircuitBreakerStatus.Phase.OPEN ? 1 : 0;
    }
  }

  /** The budget for one retry, and two that want it. */
  @JCStressTest
  @State
  @Outcome(
      id = {"true, false", "false, true"},
      expect = Expect.ACCEPTABLE,
      desc = "one retry")
  @Outcome(
      id = "false, false",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "each saw the other take it; the budget errs on the side of fewer retries")
  @Outcome(expect = Expect.FORBIDDEN, desc = "two retries for the price of one")
  public static class LastRetry {
    private final RetryBudget budget = new RetryBudget(0, () -> 2 * SECOND);

    public LastRetry() {
      for (int i = 0; i < 5; i++) {
        budget.deposit(2 * SECOND);
      }
    }

    @Actor
    public void one(ZZ_Result result) {
      result.r1 = budget.tryWithdraw();
    }

    @Actor
    public void other(ZZ_Result result) {
      result.r2 = budget.tryWithdraw();
    }
  }
}
