package io.fairlead.internal.executor;

import java.util.concurrent.CompletableFuture;

/** Counts what threads were given to do. */
public final class TaskCounter {
  private TaskCounter() {}

  /** The tasks that these threads were given and have done, without those of this question. */
  public static long tasks(HandlerExecutor handlers) {
    while (handlers.running() > 0) {
      // A call is answered a moment before its thread is free.
      Thread.onSpinWait();
    }
    return handlers instanceof ElasticHandlerPool pooled ? pooled.given() : numbered(handlers);
  }

  /** A virtual thread is for one task, and numbered; so each question counts itself as well. */
  private static long numbered(HandlerExecutor handlers) {
    CompletableFuture<String> name = new CompletableFuture<>();
    handlers.run(() -> name.complete(Thread.currentThread().getName()));
    String last = name.join();
    return Long.parseLong(last.substring(last.lastIndexOf('-') + 1));
  }

  /** What was done between two questions. */
  public static long between(long before, long after, HandlerExecutor handlers) {
    return handlers instanceof ElasticHandlerPool ? after - before : after - before - 1;
  }
}
