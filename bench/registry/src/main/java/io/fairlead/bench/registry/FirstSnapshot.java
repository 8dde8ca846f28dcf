package io.fairlead.bench.registry;

import io.fairlead.registry.etcd.EtcdRegistry;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** How long the first lists take, and how much memory they keep. */
record FirstSnapshot(String endpoint, Sizes sizes, PrintStream out) {
  static final String LARGE = "large";

  void run(Filler filler) {
    filler.fill(LARGE, sizes.instances());
    for (int i = 0; i < sizes.services(); i++) {
      filler.fill("small-" + i, sizes.instancesOfEach());
    }
    oneLargeService();
    manyServices();
  }

  private void oneLargeService() {
    try (EtcdRegistry registry = EtcdRegistry.connect(endpoint)) {
      registry.services().toCompletableFuture().handle((names, thrown) -> names).join();
      long before = usedHeap();
      long start = System.nanoTime();
      Observer observer = new Observer();
      registry.watch(LARGE, observer);
      long told = observer.await(Observer.size(sizes.instances()));
      out.printf(
          "first snapshot of %,d instances: %,d ms%n",
          sizes.instances(), (told - start) / 1_000_000);
      out.printf(
          "memory kept for it: %,d bytes an instance%n", (usedHeap() - before) / sizes.instances());
      if (observer.snapshot() == null) {
        throw new IllegalStateException("the snapshot is gone");
      }
    }
  }

  private void manyServices() {
    try (EtcdRegistry registry = EtcdRegistry.connect(endpoint)) {
      long before = usedHeap();
      long start = System.nanoTime();
      List<Observer> observers = new ArrayList<>();
      for (int i = 0; i < sizes.services(); i++) {
        Observer observer = new Observer();
        observers.add(observer);
        registry.watch("small-" + i, observer);
      }
      long last = start;
      for (Observer observer : observers) {
        last = Math.max(last, observer.await(Observer.size(sizes.instancesOfEach())));
      }
      out.printf(
          "first snapshots of %,d services with %d instances each: %,d ms%n",
          sizes.services(), sizes.instancesOfEach(), (last - start) / 1_000_000);
      out.printf(
          "memory kept for them, streams included: %,d bytes a service%n",
          (usedHeap() - before) / sizes.services());
      if (observers.isEmpty()) {
        throw new IllegalStateException("no service");
      }
    }
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
