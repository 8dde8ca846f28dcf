package io.fairlead.policy;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A server of some worker threads and a queue, in virtual time: quick and slow calls arrive at
 * random, and those above the limit are refused.
 */
final class WorkerSimulation {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000 * MILLI;

  /**
   * What came out, after the warm-up.
   *
   * @param goodput the work of the calls that were answered in time, as a part of what the workers
   *     can do
   * @param quickP99 of the quick calls that were let in
   */
  record Result(double goodput, long quickP99, int limit) {}

  /**
   * @param overload the work that is offered, as a multiple of what the workers can do
   * @param slowShare the part of that work which is slow calls
   */
  record Load(int workers, long quick, long slow, double overload, double slowShare) {}

  private static final class Call {
    final long arrived;
    final long work;
    final int inFlight;
    long ends;

    Call(long arrived, long work, int inFlight) {
      this.arrived = arrived;
      this.work = work;
      this.inFlight = inFlight;
    }
  }

  private final Load load;
  private final Random random;
  private final PriorityQueue<Call> running =
      new PriorityQueue<>((a, b) -> Long.compare(a.ends, b.ends));
  private final ArrayDeque<Call> queue = new ArrayDeque<>();
  private long[] quickLatencies = new long[1024];
  private int quickCount;
  private double goodWork;

  WorkerSimulation(Load load, long seed) {
    this.load = load;
    this.random = new Random(seed);
  }

  Result run(IntSupplier limit, @Nullable AdaptiveLimit told, long warmUp, long length) {
    double slowRate = load.workers() * load.overload() * load.slowShare() / load.slow();
    double quickRate = load.workers() * load.overload() * (1 - load.slowShare()) / load.quick();
    long nextQuick = wait(quickRate);
    long nextSlow = wait(slowRate);
    long end = warmUp + length;
    long now = 0;
    while (now < end) {
      Call first = running.peek();
      long finish = first == null ? Long.MAX_VALUE : first.ends;
      now = Math.min(finish, Math.min(nextQuick, nextSlow));
      if (now == finish) {
        Call done = running.remove();
        complete(done, now, now >= warmUp);
        if (told != null) {
          told.sample(now, now - done.arrived, done.inFlight);
        }
        if (!queue.isEmpty()) {
          begin(queue.remove(), now);
        }
      } else {
        boolean quick = now == nextQuick;
        arrive(now, quick ? load.quick() : load.slow(), limit.getAsInt());
        if (quick) {
          nextQuick = now + wait(quickRate);
        } else {
          nextSlow = now + wait(slowRate);
        }
      }
    }
    Arrays.sort(quickLatencies, 0, quickCount);
    return new Result(
        goodWork / ((double) length * load.workers()),
        quickCount == 0 ? 0 : quickLatencies[(int) (quickCount * 0.99)],
        limit.getAsInt());
  }

  private long wait(double perNano) {
    return perNano == 0
        ? Long.MAX_VALUE / 2
        : 1 + (long) (-Math.log(1 - random.nextDouble()) / perNano);
  }

  private void arrive(long now, long work, int limit) {
    int inside = running.size() + queue.size();
    if (inside >= limit) {
      return;
    }
    Call call = new Call(now, work, inside + 1);
    if (running.size() < load.workers()) {
      begin(call, now);
    } else {
      queue.add(call);
    }
  }

  private void begin(Call call, long now) {
    call.ends = now + call.work;
    running.add(call);
  }

  private void complete(Call call, long now, boolean counted) {
    if (!counted) {
      return;
    }
    long latency = now - call.arrived;
    // In time: a caller waits ten times what the call takes, and not a second more.
    if (latency <= Math.min(10 * call.work, call.work + SECOND)) {
      goodWork += call.work;
    }
    if (call.work == load.quick()) {
      if (quickCount == quickLatencies.length) {
        quickLatencies = Arrays.copyOf(quickLatencies, quickCount * 2);
      }
      quickLatencies[quickCount++] = latency;
    }
  }
}
