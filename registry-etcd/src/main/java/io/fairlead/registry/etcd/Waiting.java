package io.fairlead.registry.etcd;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for things that end by themselves, within bounds that the loop keeps. */
final class Waiting {
  private Waiting() {}

  /** Does not wait on the loop itself, and no longer than the caller lives. */
  static void on(CompletableFuture<Void> done, Loop loop) {
    if (loop.inLoop()) {
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
