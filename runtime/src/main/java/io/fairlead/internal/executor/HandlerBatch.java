package io.fairlead.internal.executor;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Handlers that follow each other on one thread. The event loop fills the batch and hands it over
 * once. Any thread may claim what is left of it, so that a handler that waits does not hold up the
 * rest.
 *
 * <p>What a handler of the batch sends is deferred: it waits in the loop's queue until the batch
 * ends, and the loop wakes once for all of it. Deferring ends for good when the batch stands still.
 */
final class HandlerBatch implements Runnable {
  /** The most handlers of a batch. */
  static final int MOST_TASKS = 32;

  /** What a batch is expected to take at most, so that its last handler does not wait for long. */
  static final int MOST_NANOS = 50_000;

  private static final ThreadLocal<@Nullable HandlerBatch> CURRENT = new ThreadLocal<>();

  private final ServerLoop loop;
  private final HandlerExecutor threads;
  private final HandlerTask[] tasks = new HandlerTask[MOST_TASKS];

  /** The index of the next task to run; greater than the size when the last has ended. */
  private final AtomicInteger next = new AtomicInteger();

  private volatile boolean deferring = true;

  // Touched by the loop alone, before it hands the batch over or while it looks after it.
  private int size;
  private int expectedNanos;
  private int seen = -1;

  HandlerBatch(ServerLoop loop, HandlerExecutor threads) {
    this.loop = loop;
    this.threads = threads;
  }

  /** Returns the batch of this loop in whose middle the calling thread is. */
  static @Nullable HandlerBatch current(ServerLoop loop) {
    HandlerBatch current = CURRENT.get();
    return current != null && current.loop == loop ? current : null;
  }

  /**
   * Adds a task; returns false if that would make the batch too long, or if it has other threads.
   */
  boolean add(HandlerTask task, int nanos, HandlerExecutor given) {
    if (given != threads
        || size == MOST_TASKS
        || (size > 0 && expectedNanos + nanos > MOST_NANOS)) {
      return false;
    }
    tasks[size++] = task;
    expectedNanos += nanos;
    return true;
  }

  /** Hands the batch to a thread. To be called once, by the loop. */
  void start() {
    try {
      threads.run(this);
    } catch (RejectedExecutionException full) {
      for (HandlerTask task = claim(); task != null; task = claim()) {
        task.onRejected(full);
      }
    }
  }

  @Override
  public void run() {
    CURRENT.set(this);
    try {
      for (HandlerTask task = claim(); task != null; task = claim()) {
        task.run();
      }
    } finally {
      CURRENT.remove();
      loop.wake();
    }
  }

  private @Nullable HandlerTask claim() {
    int index = next.getAndIncrement();
    return index < size ? tasks[index] : null;
  }

  /** Returns whether the loop need not wake for what was just put into its queue. */
  boolean isDeferring() {
    return deferring;
  }

  /**
   * Looks whether the batch moves. If it has not moved since the last look, the handler that runs
   * has surprised us: the others get a thread each, and nothing is deferred any longer.
   *
   * @return whether to look again
   */
  boolean look() {
    int now = next.get();
    if (now > size) {
      return false;
    }
    // A batch that has not begun waits for a processor, not for a handler.
    if (now == 0 || now != seen) {
      seen = now;
      return true;
    }
    // Before the loop empties its queue: what is put there later finds it false, and wakes the
    // loop.
    deferring = false;
    for (HandlerTask task = claim(); task != null; task = claim()) {
      HandlerBatches.runAlone(task, threads);
    }
    return false;
  }
}
