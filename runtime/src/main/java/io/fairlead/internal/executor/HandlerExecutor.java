package io.fairlead.internal.executor;

import io.grpc.Attributes;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

/**
 * Threads for code that may block: handlers bound with {@code bind}, and generators. On Java 21 and
 * above each task gets a virtual thread; on 17 an elastic pool with an upper bound lends one.
 *
 * <p>A server takes these threads from its transport's attribute {@link #ATTRIBUTE}; without one
 * the {@link #shared} threads serve. Safe for use by several threads.
 */
public abstract sealed class HandlerExecutor implements AutoCloseable
    permits ElasticHandlerPool, VirtualThreadExecutor {

  /**
   * Where a server puts its own threads: on each transport, with a {@code ServerTransportFilter}.
   */
  public static final Attributes.Key<HandlerExecutor> ATTRIBUTE =
      Attributes.Key.create("fairlead-handler-threads");

  /** The most threads of the shared pool. */
  public static final int DEFAULT_MAX_THREADS = 512;

  HandlerExecutor() {}

  /** Returns the threads for those who have none of their own. Never closed. */
  public static HandlerExecutor shared() {
    return Shared.THREADS;
  }

  /**
   * Returns virtual threads where the JVM has them, else {@link #pool}. The caller closes them.
   *
   * @param name the first part of the threads' names
   * @param maxThreads the bound of the pool; virtual threads are not bounded
   */
  public static HandlerExecutor create(String name, int maxThreads) {
    return VirtualThreadExecutor.supported()
        ? new VirtualThreadExecutor(name)
        : pool(name, maxThreads);
  }

  /**
   * Returns a pool of platform threads that grows to {@code maxThreads}. Streams hold at most three
   * quarters of it, so that unary calls always find a thread. The caller closes it.
   */
  static HandlerExecutor pool(String name, int maxThreads) {
    return pool(name, maxThreads, Duration.ofSeconds(30));
  }

  private static HandlerExecutor pool(String name, int maxThreads, Duration idle) {
    return new ElasticHandlerPool(name, maxThreads, Math.max(1, maxThreads - maxThreads / 4), idle);
  }

  /**
   * Runs a task that is expected to end soon.
   *
   * @throws RejectedExecutionException if every thread is busy, in words for the caller of the call
   */
  public abstract void run(Runnable task);

  /**
   * Runs a task that may last as long as a stream does.
   *
   * @throws RejectedExecutionException if streams hold all the threads that they may
   */
  public abstract void runStream(Runnable task);

  /** Takes no more tasks. Those that run go on. */
  @Override
  public abstract void close();

  /** Waits, after {@link #close}, for the tasks that run and their threads to end. */
  public abstract boolean awaitEnd(Duration bound) throws InterruptedException;

  /** Returns how many tasks run now. */
  public abstract int running();

  private static final class Shared {
    private static final String NAME = "fairlead-handler";
    // Nobody closes them, so idle ones must not stay for long.
    static final HandlerExecutor THREADS =
        VirtualThreadExecutor.supported()
            ? new VirtualThreadExecutor(NAME)
            : pool(NAME, DEFAULT_MAX_THREADS, Duration.ofSeconds(1));
  }
}
