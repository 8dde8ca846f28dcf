package io.fairlead.internal.executor;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The permit of one call, which its handler's threads hold as well. */
public final class ConcurrencyPermitRaces {
  private ConcurrencyPermitRaces() {}

  /** The call ends while two threads begin to work for it. */
  @JCStressTest
  @State
  @Outcome(
      id = {"0, 0, 1", "1, 0, 1", "0, 1, 1", "1, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "each worked before it was free, or not at all; free once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "free while somebody worked, twice, or never")
  public static class LastOut {
    private final AtomicInteger freed = new AtomicInteger();
    private final ConcurrencyPermit permit = new ConcurrencyPermit(freed::incrementAndGet);

    private int work() {
      if (!permit.acquire()) {
        return 0;
      }
      int seen = freed.get() == 0 ? 1 : 2;
      permit.release();
      return seen;
    }

    @Actor
    public void call() {
      permit.release();
    }

    @Actor
    public void one(III_Result result) {
      result.r1 = work();
    }

    @Actor
    public void other(III_Result result) {
      result.r2 = work();
    }

    @Arbiter
    public void after(III_Result result) {
      result.r3 = freed.get();
    }
  }
}
