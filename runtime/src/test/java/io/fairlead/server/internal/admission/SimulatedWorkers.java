package io.fairlead.server.internal.admission;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What handlers run on, in virtual time. */
abstract class SimulatedWorkers {
  static final long NEVER = Long.MAX_VALUE;

  /** A call that was let in. */
  static final class Call {
    final boolean quick;
    final long arrived;
    final long work;
    final int ticket;
    private double ends;

    Call(boolean quick, long arrived, long work, int ticket) {
      this.quick = quick;
      this.arrived = arrived;
      this.work = work;
      this.ticket = ticket;
    }
  }

  final PriorityQueue<Call> running =
      new PriorityQueue<>(Comparator.comparingDouble(call -> call.ends));
  int workers;

  private SimulatedWorkers(int workers) {
    this.workers = workers;
  }

  /** One call at a time on each worker, to its end; the others wait in order of arrival. */
  static SimulatedWorkers firstCome(int workers) {
    return new FirstCome(workers);
  }

  /** Every call runs at once, and all get the same part of the workers; none gets more than one. */
  static SimulatedWorkers shared(int workers) {
    return new Shared(workers);
  }

  abstract void begin(Call call, long now);

  /** When the next call ends; {@link #NEVER} if none runs. */
  abstract long nextEnd(long now);

  abstract Call end(long now);

  /** From now on there are so many. */
  abstract void resize(int newWorkers, long now);

  private static final class FirstCome extends SimulatedWorkers {
    private final ArrayDeque<Call> queue = new ArrayDeque<>();

    FirstCome(int workers) {
      super(workers);
    }

    @Override
    void begin(Call call, long now) {
      queue.add(call);
      advance(now);
    }

    private void advance(long now) {
      while (running.size() < workers && !queue.isEmpty()) {
        Call call = queue.remove();
        call.ends = now + call.work;
        running.add(call);
      }
    }

    @Override
    long nextEnd(long now) {
      @Nullable Call first = running.peek();
      return first == null ? NEVER : (long) first.ends;
    }

    @Override
    Call end(long now) {
      Call done = running.remove();
      advance(now);
      return done;
    }

    @Override
    void resize(int newWorkers, long now) {
      workers = newWorkers;
      advance(now);
    }
  }

  private static final class Shared extends SimulatedWorkers {
    /** What a call has got that runs since the beginning. */
    private double served;

    private long since;

    Shared(int workers) {
      super(workers);
    }

    private double rate() {
      return Math.min(1, (double) workers / Math.max(1, running.size()));
    }

    private void advance(long now) {
      served += (now - since) * rate();
      since = now;
    }

    @Override
    void begin(Call call, long now) {
      advance(now);
      call.ends = served + call.work;
      running.add(call);
    }

    @Override
    long nextEnd(long now) {
      @Nullable Call first = running.peek();
      return first == null
          ? NEVER
          : Math.max(now, since + (long) Math.ceil((first.ends - served) / rate()));
    }

    @Override
    Call end(long now) {
      advance(now);
      return running.remove();
    }

    @Override
    void resize(int newWorkers, long now) {
      advance(now);
      workers = newWorkers;
    }
  }
}
