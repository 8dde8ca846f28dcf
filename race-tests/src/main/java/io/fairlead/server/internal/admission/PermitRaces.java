package io.fairlead.server.internal.admission;

import io.fairlead.policy.Priority;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Permits that calls acquire in a server, and release. */
public final class PermitRaces {
  private PermitRaces() {}

  /** Two calls and one permit of the server; each releases what it had. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 0, 0", "0, 1, 0", "1, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "one or, in turn, both; and nothing left inside")
  @Outcome(
      id = "0, 0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "each held one half of what it needed, and gave it back")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a permit was lost, or given twice")
  public static class ServerAndMethod {
    private final ConcurrencyCounter server = new ConcurrencyCounter();
    private final MethodLimiter one =
        new MethodLimiter("a/One", Priority.NORMAL, server, 1, 1, null);
    private final MethodLimiter other =
        new MethodLimiter("a/Other", Priority.NORMAL, server, 1, 1, null);

    private static int pass(MethodLimiter limiter) {
      int entered = limiter.tryAcquire();
      if (entered > 0) {
        limiter.release(limiter.onAdmitted(1, entered), 2, 1, true);
      }
      return entered;
    }

    @Actor
    public void one(III_Result result) {
      result.r1 = pass(one);
    }

    @Actor
    public void other(III_Result result) {
      result.r2 = pass(other);
    }

    @Arbiter
    public void after(III_Result result) {
      result.r3 = server.count() + one.inFlight() + other.inFlight();
    }
  }

  /** The same caller in two calls, of which its limit allows one. */
  @JCStressTest
  @State
  @Outcome(
      id = {"1, 0, 0", "0, 1, 0", "1, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "one or, in turn, both; and the caller is forgotten")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a permit was lost, or given twice")
  public static class OfOneCaller {
    private final PerCallerLimiter perCaller = new PerCallerLimiter(1);

    private int pass() {
      if (!perCaller.tryAcquire("ann")) {
        return 0;
      }
      perCaller.release("ann");
      return 1;
    }

    @Actor
    public void one(III_Result result) {
      result.r1 = pass();
    }

    @Actor
    public void other(III_Result result) {
      result.r2 = pass();
    }

    @Arbiter
    public void after(III_Result result) {
      result.r3 = perCaller.callers();
    }
  }
}
