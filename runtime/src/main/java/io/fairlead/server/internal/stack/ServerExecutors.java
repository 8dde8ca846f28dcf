package io.fairlead.server.internal.stack;

import io.fairlead.internal.Plural;
import io.fairlead.internal.executor.HandlerExecutor;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of one server: for handlers, for events when those are busy, for timers, and the
 * shared event loops. Those that nobody needs are never started.
 *
 * <p>Closing has an order. Handlers end first; the reserve takes what they could not, so it ends
 * after them; the event loops end last, if this was the last server. What does not end in time is
 * named in the result, and left behind.
 */
public final class ServerExecutors {
  private final HandlerExecutor handlers;
  private final ExecutorService reserve;
  private final ScheduledThreadPoolExecutor timer;
  private final SharedServerEventLoops loops;

  public ServerExecutors(String name, int maxHandlerThreads) {
    this.handlers = HandlerExecutor.create("fairlead-" + name, maxHandlerThreads);
    ThreadPoolExecutor one =
        new ThreadPoolExecutor(
            1,
            1,
            5,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemon("fairlead-" + name + "-reserve"));
    one.allowCoreThreadTimeOut(true);
    this.reserve = one;
    this.timer = new ScheduledThreadPoolExecutor(1, daemon("fairlead-" + name + "-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.loops = SharedServerEventLoops.acquire();
  }

  private static ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  public HandlerExecutor handlers() {
    return handlers;
  }

  /** Returns one thread that never refuses, for events that must not be lost when all are busy. */
  Executor reserve() {
    return reserve;
  }

  public ScheduledExecutorService timer() {
    return timer;
  }

  public EventLoopGroup loops() {
    return loops.group();
  }

  /**
   * Takes no more work, and waits for what runs. To be called once, when the transport has ended.
   *
   * @return what still ran when the time was up; empty if nothing did
   */
  public List<String> close(Duration bound) {
    long end = System.nanoTime() + bound.toNanos();
    timer.shutdown();
    handlers.close();
    List<String> left = new ArrayList<>();
    if (!ended(handlers::awaitEnd, end)) {
      left.add(
          Plural.of(handlers.running(), "handler")
              + " still running although the calls are over: "
              + handlers);
    }
    // After the handlers: it takes what they could not.
    reserve.shutdown();
    if (!ended(rest -> reserve.awaitTermination(rest.toNanos(), TimeUnit.NANOSECONDS), end)) {
      left.add("the events of calls that have ended");
    }
    if (!ended(rest -> timer.awaitTermination(rest.toNanos(), TimeUnit.NANOSECONDS), end)) {
      left.add("a timer");
    }
    if (!loops.release(atLeast(end, Duration.ofSeconds(1)))) {
      left.add("event loops");
    }
    return left;
  }

  private interface Termination {
    boolean await(Duration bound) throws InterruptedException;
  }

  private static boolean ended(Termination what, long end) {
    try {
      return what.await(atLeast(end, Duration.ZERO));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static Duration atLeast(long end, Duration least) {
    Duration rest = Duration.ofNanos(end - System.nanoTime());
    return rest.compareTo(least) < 0 ? least : rest;
  }
}
