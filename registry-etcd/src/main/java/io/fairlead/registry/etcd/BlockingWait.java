package io.fairlead.registry.etcd;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for things that end by themselves, within bounds that the loop keeps. */
final class BlockingWait {
  private BlockingWait() {}

  /** Does not wait on the loop itself, and no longer than the caller lives. */
  static void await(CompletableFuture<Void> done, EventLoop eventLoop) {
    if (eventLoop.inLoop()) {
      return;
    }
    try {
      done.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("closing failed", e.getCause());
    }
  }
}
