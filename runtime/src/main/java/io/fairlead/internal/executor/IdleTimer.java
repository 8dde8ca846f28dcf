package io.fairlead.internal.executor;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a stream was silent in both directions for too long.
 *
 * <p>A message costs one volatile store. The timer is not set anew for each: when it fires, it
 * looks back and waits for the rest. Messages come on any thread, the timer on its own; a message
 * that arrives while the timer decides is too late.
 */
public final class IdleTimer {
  private final long limitNanos;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService scheduler;
  private final Runnable onIdle;
  private volatile long lastNanos;
  private volatile boolean stopped;
  private volatile @Nullable Future<?> timer;

  /**
   * @param onIdle runs once, on a thread of the scheduler, unless the timer is stopped before
   */
  public IdleTimer(
      Duration limit, LongSupplier nanoTime, ScheduledExecutorService scheduler, Runnable onIdle) {
    this.limitNanos = limit.toNanos();
    this.nanoTime = nanoTime;
    this.scheduler = scheduler;
    this.onIdle = onIdle;
  }

  /** Begins to watch. */
  public void start() {
    touch();
    await(limitNanos);
  }

  /** Notes a message. */
  public void touch() {
    lastNanos = nanoTime.getAsLong();
  }

  /** Ends the watch: the stream is over. */
  public void stop() {
    stopped = true;
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  private void await(long nanos) {
    try {
      timer = scheduler.schedule(this::check, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      return; // the threads have ended, and all connections with them
    }
    if (stopped) {
      stop(); // it came before this timer was known
    }
  }

  private void check() {
    if (stopped) {
      return;
    }
    long left = limitNanos - (nanoTime.getAsLong() - lastNanos);
    if (left > 0) {
      await(left);
    } else {
      onIdle.run();
    }
  }
}
