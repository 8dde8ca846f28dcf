package io.fairlead.server;

import io.fairlead.thread.HandlerThreads;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads of one server; those that nobody needs are never started. */
final class ServerThreads implements AutoCloseable {
  private final HandlerThreads handlers;
  private final ExecutorService reserve;
  private final ScheduledThreadPoolExecutor timer;

  ServerThreads(String name, int maxHandlerThreads) {
    this.handlers = HandlerThreads.create("fairlead-" + name, maxHandlerThreads);
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
  }

  private static ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  HandlerThreads handlers() {
    return handlers;
  }

  /** One thread that never refuses, for events that must not be lost when all others are busy. */
  Executor reserve() {
    return reserve;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  @Override
  public void close() {
    timer.shutdown();
    handlers.close();
    reserve.shutdown();
  }
}
