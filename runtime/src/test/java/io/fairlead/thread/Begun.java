package io.fairlead.thread;

import java.util.concurrent.CompletableFuture;

/** Counts what threads were given to do. */
public final class Begun {
  private Begun() {}

  /** The tasks that these threads were given and have done, without those of this question. */
  public static long tasks(HandlerThreads threads) {
    while (threads.running() > 0) {
      // A call is answered a moment before its thread is free.
      Thread.onSpinWait();
    }
    return threads instanceof PooledThreads pooled ? pooled.given() : numbered(threads);
  }

  /** A virtual thread is for one task, and numbered; so each question counts itself as well. */
  private static long numbered(HandlerThreads threads) {
    CompletableFuture<String> name = new CompletableFuture<>();
    threads.run(() -> name.complete(Thread.currentThread().getName()));
    String last = name.join();
    return Long.parseLong(last.substring(last.lastIndexOf('-') + 1));
  }

  /** What was done between two questions. */
  public static long between(long before, long after, HandlerThreads threads) {
    return threads instanceof PooledThreads ? after - before : after - before - 1;
  }
}
