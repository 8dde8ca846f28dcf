package io.fairlead.internal.executor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that one event loop hands over. Those that one turn of the loop has read, and that
 * are expected to be brief, share a thread: to wake a thread for each costs more than they do.
 *
 * <p>Everything happens on the loop's thread. While batches run, the loop looks at short intervals
 * whether one stands still.
 */
public final class HandlerBatches {
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

  private final ServerLoop loop;
  private final Runnable endOfTurn = this::endTurn;
  private final Runnable look = this::look;

  /** The first task of this turn and how to run it; it needs no batch while it is the only one. */
  private @Nullable HandlerTask first;

  private @Nullable HandlerExecutor threadsOfFirst;
  private int nanosOfFirst;

  /** What this turn is filling, from its second task on. */
  private @Nullable HandlerBatch filling;

  private final List<HandlerBatch> running = new ArrayList<>();

  HandlerBatches(ServerLoop loop) {
    this.loop = loop;
  }

  /**
   * Runs the task on one of the threads: at the end of the loop's turn, with others, if it is
   * expected to be brief and this thread is a server's loop; else at once and alone.
   */
  public static void run(HandlerTask task, HandlerPace pace, HandlerExecutor threads) {
    ServerLoop loop = pace.isBrief() ? ServerLoop.current() : null;
    if (loop == null) {
      runAlone(task, threads);
    } else {
      loop.batches.add(task, pace.averageNanos(), threads);
    }
  }

  static void runAlone(HandlerTask task, HandlerExecutor threads) {
    try {
      threads.run(task);
    } catch (RejectedExecutionException full) {
      task.onRejected(full);
    }
  }

  private void add(HandlerTask task, int nanos, HandlerExecutor threads) {
    HandlerTask known = first;
    HandlerExecutor threadsOfKnown = threadsOfFirst;
    if (known == null || threadsOfKnown == null) {
      first = task;
      threadsOfFirst = threads;
      nanosOfFirst = nanos;
      // Tasks run after all that the loop has read in this turn, of all its connections.
      loop.execute(endOfTurn);
      return;
    }
    HandlerBatch batch = filling;
    if (batch == null) {
      batch = fill(known, nanosOfFirst, threadsOfKnown);
    }
    if (!batch.add(task, nanos, threads)) {
      start(batch);
      fill(task, nanos, threads);
    }
  }

  private HandlerBatch fill(HandlerTask task, int nanos, HandlerExecutor threads) {
    HandlerBatch batch = new HandlerBatch(loop, threads);
    batch.add(task, nanos, threads);
    filling = batch;
    return batch;
  }

  private void endTurn() {
    HandlerTask known = first;
    HandlerExecutor threads = threadsOfFirst;
    HandlerBatch batch = filling;
    first = null;
    threadsOfFirst = null;
    filling = null;
    if (batch != null) {
      start(batch);
    } else if (known != null && threads != null) {
      runAlone(known, threads);
    }
  }

  private void start(HandlerBatch batch) {
    batch.start();
    running.add(batch);
    if (running.size() == 1) {
      scheduleLook();
    }
  }

  private void look() {
    running.removeIf(batch -> !batch.look());
    if (!running.isEmpty()) {
      scheduleLook();
    }
  }

  private void scheduleLook() {
    var unused = loop.schedule(look, LOOK_NANOS, TimeUnit.NANOSECONDS);
  }
}
