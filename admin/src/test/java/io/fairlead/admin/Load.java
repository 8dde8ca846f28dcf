package io.fairlead.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import shop.v1.Inventory;
import shop.v1.ReserveRequest;

/** Threads that call one after the other, until they are stopped. */
final class Load implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
  private final AtomicLong calls = new AtomicLong();
  private volatile boolean stopped;

  static Load start(Inventory inventory, int threads) {
    Load load = new Load();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(() -> load.run(inventory), "load-" + i);
      load.threads.add(thread);
      thread.start();
    }
    return load;
  }

  private void run(Inventory inventory) {
    long number = 0;
    while (!stopped) {
      try {
        // Different articles, as their hash chooses the endpoint.
        inventory.reserve(ReserveRequest.newBuilder().setSku("sku-" + number++ % 100).build());
      } catch (RuntimeException e) {
        failures.add(e);
      }
      calls.incrementAndGet();
    }
  }

  /** Waits for this many further calls. */
  void awaitCalls(long count) throws InterruptedException {
    long end = calls.get() + count;
    await(() -> calls.get() >= end);
  }

  void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(1);
    }
  }

  List<RuntimeException> failures() {
    return failures;
  }

  void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Override
  public void close() {
    stopped = true;
  }
}
