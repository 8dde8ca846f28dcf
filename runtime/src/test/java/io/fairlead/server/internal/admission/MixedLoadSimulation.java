package io.fairlead.server.internal.admission;

import io.fairlead.server.internal.admission.SimulatedWorkers.Call;
import java.util.Arrays;
import java.util.Random;

/**
 * A server in virtual time: quick and slow calls arrive at random, and those above the limit are
 * refused. The same seed brings the same calls, whatever the limits do with them.
 */
final class MixedLoadSimulation {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000 * MILLI;
  static final long QUICK = 2 * MILLI;
  static final long SLOW = 20 * SECOND;

  /** The part of the work that is slow calls when as many of each kind arrive. */
  static final double EQUAL_NUMBERS = (double) SLOW / (SLOW + QUICK);

  /** Work that arrives, as a multiple of what the workers can do. */
  static final double OVERLOAD = 1.5;

  /** A limit for a method. */
  interface Limit {
    int now();

    default int begin(long now, int inFlight) {
      return 0;
    }

    default void end(int ticket, long now, long latency) {}

    static Limit fixed(int calls) {
      return () -> calls;
    }
  }

  /**
   * @param sharedCores every call runs at once and gets its part of the cores; else each worker
   *     does one call to its end, and the others wait in order
   * @param slowShare the part of the work that is slow calls
   * @param spread quick calls take 2 ms in the mean, spread like pauses between random events; else
   *     all take the same
   */
  record Load(boolean sharedCores, int workers, double slowShare, boolean spread) {
    Load(boolean sharedCores, int workers, double slowShare) {
      this(sharedCores, workers, slowShare, false);
    }

    double slowPerNano() {
      return workers * OVERLOAD * slowShare / SLOW;
    }

    double quickPerNano() {
      return workers * OVERLOAD * (1 - slowShare) / QUICK;
    }

    /** Some rounds of the slow calls, and enough quick ones for their 99th percentile. */
    long length() {
      double most = Math.min(600.0 * SECOND, 150_000 / quickPerNano());
      return (long) Math.max(Math.max(most, 60.0 * SECOND), 30_000 / quickPerNano());
    }

    /**
     * Of callers. First come: ten times what the call takes, and not more than a second on top.
     * Where cores are shared a second on top of 20 would mean that nobody shares: twice.
     */
    long patience(long work) {
      return sharedCores ? 2 * work : Math.min(10 * work, work + SECOND);
    }
  }

  /**
   * What came out, after the warm-up.
   *
   * @param goodput the work of the calls that ended within their callers' patience, as a part of
   *     what the workers can do
   * @param quickP99 of the quick calls that were let in, as a multiple of what they take unloaded
   */
  record Result(double goodput, double quickP99) {}

  private final Load load;
  private final Limit limit;
  private final SimulatedWorkers workers;
  private final Random quickArrivals;
  private final Random slowArrivals;
  private double slower = 1;
  private long now;
  private long nextQuick;
  private long nextSlow;
  private int inside;

  private long[] quickLatencies = new long[1024];
  private int quickCount;
  private double goodWork;

  MixedLoadSimulation(Load load, Limit limit, long seed) {
    this.load = load;
    this.limit = limit;
    this.workers =
        load.sharedCores()
            ? SimulatedWorkers.shared(load.workers())
            : SimulatedWorkers.firstCome(load.workers());
    this.quickArrivals = new Random(seed);
    this.slowArrivals = new Random(~seed);
    this.nextQuick = pause(quickArrivals, load.quickPerNano());
    this.nextSlow = pause(slowArrivals, load.slowPerNano());
  }

  private static long pause(Random random, double perNano) {
    return 1 + (long) (-Math.log(1 - random.nextDouble()) / perNano);
  }

  /** From now on there are so many workers; as many calls arrive as before. */
  void workers(int count) {
    workers.resize(count, now);
  }

  /** From now on each call takes so many times as long. */
  void slower(double factor) {
    slower = factor;
  }

  /** Goes on for this long, and says what came out in that time. */
  Result run(long length) {
    quickCount = 0;
    goodWork = 0;
    long end = now + length;
    while (now < end) {
      long nextEnd = workers.nextEnd(now);
      now = Math.min(nextEnd, Math.min(nextQuick, nextSlow));
      if (now == nextEnd) {
        leave(workers.end(now));
      } else if (now == nextQuick) {
        nextQuick = now + pause(quickArrivals, load.quickPerNano());
        arrive(true);
      } else {
        nextSlow = now + pause(slowArrivals, load.slowPerNano());
        arrive(false);
      }
    }
    Arrays.sort(quickLatencies, 0, quickCount);
    return new Result(
        goodWork / ((double) length * load.workers()),
        quickCount == 0 ? 0 : quickLatencies[(int) (quickCount * 0.99)] / (double) QUICK);
  }

  private void arrive(boolean quick) {
    if (inside >= limit.now()) {
      return;
    }
    inside++;
    long work = (long) (slower * (quick ? quickWork() : SLOW));
    workers.begin(new Call(quick, now, work, limit.begin(now, inside)), now);
  }

  private double quickWork() {
    return load.spread() ? -Math.log(1 - quickArrivals.nextDouble()) * QUICK : QUICK;
  }

  private void leave(Call call) {
    long latency = now - call.arrived;
    if (latency <= load.patience(call.work)) {
      goodWork += call.work;
    }
    if (call.quick) {
      if (quickCount == quickLatencies.length) {
        quickLatencies = Arrays.copyOf(quickLatencies, quickCount * 2);
      }
      quickLatencies[quickCount++] = latency;
    }
    inside--;
    limit.end(call.ticket, now, latency);
  }
}
