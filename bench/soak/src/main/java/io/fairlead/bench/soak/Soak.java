package io.fairlead.bench.soak;

import io.fairlead.client.RpcChannel;
import io.fairlead.testkit.ResourceLeakCheck;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Runs the load, then looks for what is left over. Exits with 1 if anything is wrong. */
public final class Soak {
  /** Of the time: until then caches and pools fill. */
  private static final double WARM_UP = 0.4;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Plan plan;
  private final ResourceLeakCheck leaks =
      ResourceLeakCheck.before(thread -> thread.getName().equals("fairlead-cleaner"));
  private final Tally tally = new Tally();
  private long heapWarm;
  private long heapEnd;

  private Soak(Plan plan) {
    this.plan = plan;
  }

  public static void main(String[] options) throws InterruptedException {
    Verdict verdict = run(Plan.of(options), System.out);
    if (!verdict.ok()) {
      System.exit(1);
    }
  }

  static Verdict run(Plan plan, PrintStream out) throws InterruptedException {
    Verdict verdict = new Soak(plan).run();
    verdict.print(out);
    return verdict;
  }

  private Verdict run() throws InterruptedException {
    Fleet fleet = new Fleet();
    List<String> stuck = new ArrayList<>();
    try (fleet;
        RpcChannel channel =
            RpcChannel.to("memory:///inventory").registry(fleet.registry()).build()) {
      load(fleet, channel, stuck);
    }
    String left = "";
    try {
      leaks.assertNone();
    } catch (AssertionError e) {
      left = String.valueOf(e.getMessage());
    }
    return new Verdict(plan, tally, fleet, stuck, left, heapWarm, heapEnd);
  }

  private void load(Fleet fleet, RpcChannel channel, List<String> stuck)
      throws InterruptedException {
    long begin = System.nanoTime();
    long end = begin + plan.length().toNanos();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < plan.callers(); i++) {
      Caller caller =
          new Caller(channel, tally, plan.seed() + i, () -> System.nanoTime() - end < 0);
      Thread thread = new Thread(caller, "caller-" + i);
      thread.start();
      callers.add(thread);
    }
    long warm = begin + (long) (plan.length().toNanos() * WARM_UP);
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(plan.restartEvery().toNanos());
      fleet.restartOne();
      if (heapWarm == 0 && System.nanoTime() - warm > 0) {
        heapWarm = Heap.used();
      }
    }
    long patience = System.nanoTime() + PATIENCE.toNanos();
    for (Thread caller : callers) {
      caller.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(patience - System.nanoTime())));
      if (caller.isAlive()) {
        stuck.add(caller.getName() + " waits at " + caller.getStackTrace()[0]);
      }
    }
    heapEnd = Heap.used();
  }
}
