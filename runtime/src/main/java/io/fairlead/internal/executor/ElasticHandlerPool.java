package io.fairlead.internal.executor;

import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Hands each task to an idle thread or a new one, up to a bound; it never queues.
 *
 * <p>A full pool therefore refuses at once, and the caller gets RESOURCE_EXHAUSTED instead of a
 * wait in a queue that nobody sees. Streams are counted apart, because one may hold its thread for
 * hours. Threads end after an idle time. Whoever made the pool closes it; the shared one is never
 * closed.
 */
final class ElasticHandlerPool extends HandlerExecutor {
  private final String name;
  private final int maxThreads;
  private final int maxStreams;
  private final AtomicInteger streams = new AtomicInteger();
  private final ThreadPoolExecutor pool;

  ElasticHandlerPool(String name, int maxThreads, int maxStreams, Duration idle) {
    if (maxThreads < 1) {
      throw new IllegalArgumentException("maxThreads " + maxThreads + " is not at least 1");
    }
    this.name = name;
    this.maxThreads = maxThreads;
    this.maxStreams = maxStreams;
    AtomicInteger number = new AtomicInteger();
    this.pool =
        new ThreadPoolExecutor(
            0,
            maxThreads,
            idle.toNanos(),
            TimeUnit.NANOSECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void run(Runnable task) {
    try {
      pool.execute(task);
    } catch (RejectedExecutionException e) {
      throw rejected(
          maxThreads == 1
              ? "the only thread of " + name + " is busy"
              : "all " + maxThreads + " threads of " + name + " are busy",
          e);
    }
  }

  @Override
  public void runStream(Runnable task) {
    if (streams.incrementAndGet() > maxStreams) {
      streams.decrementAndGet();
      throw rejected(
          "streams hold "
              + Plural.of(maxStreams, "thread")
              + " of the "
              + maxThreads
              + " of "
              + name
              + ", which is the most they may",
          null);
    }
    boolean taken = false;
    try {
      run(
          () -> {
            try {
              task.run();
            } finally {
              streams.decrementAndGet();
            }
          });
      taken = true;
    } finally {
      if (!taken) {
        streams.decrementAndGet();
      }
    }
  }

  private RejectedExecutionException rejected(String full, @Nullable Throwable cause) {
    return new RejectedExecutionException(pool.isShutdown() ? name + " is closed" : full, cause);
  }

  @Override
  public void close() {
    pool.shutdown();
  }

  @Override
  public boolean awaitEnd(Duration bound) throws InterruptedException {
    return pool.awaitTermination(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int running() {
    return pool.getActiveCount();
  }

  /** For tests: the tasks that it was given; exact while none runs. */
  long given() {
    return pool.getTaskCount();
  }

  @Override
  public String toString() {
    return name + "[" + pool.getActiveCount() + " of at most " + maxThreads + " busy]";
  }
}
