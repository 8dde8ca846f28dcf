package io.fairlead.client.internal;

import io.netty.util.concurrent.EventExecutor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The longest time in which an event loop of channels did not come round: each loop is asked every
 * millisecond. Stands in the package of the loops, which are not public.
 */
public final class LoopPauses implements AutoCloseable {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final SharedClientEventLoops loops = SharedClientEventLoops.acquire();
  private final List<Watched> watched = new ArrayList<>();

  /** Begins to ask. */
  public LoopPauses() {
    for (EventExecutor loop : loops.loops()) {
      watched.add(new Watched(loop));
    }
  }

  /** Returns the longest pause since the last question, and forgets it. */
  public Pause takeLongest() {
    Pause longest = Pause.NONE;
    for (Watched each : watched) {
      longest = longest.orLonger(each.take());
    }
    return longest;
  }

  @Override
  public void close() {
    watched.forEach(Watched::stop);
    loops.release();
  }

  /**
   * The longest of both; they need not be of the same pause.
   *
   * @param nanos by the clock, garbage collections and other programs included
   * @param busyNanos of the loop's own processor time in a pause
   */
  public record Pause(long nanos, long busyNanos) {
    static final Pause NONE = new Pause(0, 0);

    Pause orLonger(Pause other) {
      return new Pause(Math.max(nanos, other.nanos), Math.max(busyNanos, other.busyNanos));
    }
  }

  private static final class Watched {
    private final EventExecutor loop;
    private long ranAt = System.nanoTime();
    private long busyUntil;
    private Pause longest = Pause.NONE;
    private volatile boolean stopped;

    Watched(EventExecutor loop) {
      this.loop = loop;
      loop.execute(this::begin);
    }

    private void begin() {
      ranAt = System.nanoTime();
      busyUntil = THREADS.getCurrentThreadCpuTime();
      ask();
    }

    private void ask() {
      if (!stopped) {
        var unused = loop.schedule(this::ran, 1, TimeUnit.MILLISECONDS);
      }
    }

    private synchronized void ran() {
      long now = System.nanoTime();
      long busy = THREADS.getCurrentThreadCpuTime();
      longest = longest.orLonger(new Pause(now - ranAt, busy - busyUntil));
      ranAt = now;
      busyUntil = busy;
      ask();
    }

    synchronized Pause take() {
      Pause taken = longest;
      longest = Pause.NONE;
      return taken;
    }

    void stop() {
      stopped = true;
    }
  }
}
