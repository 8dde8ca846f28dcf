package io.fairlead.bench.registry;

import com.sun.management.ThreadMXBean;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Resolution;
import io.fairlead.registry.etcd.EtcdRegistry;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Changes at a fixed rate, and how far behind them the snapshots are. */
record SteadyChanges(String endpoint, Sizes sizes, PrintStream out) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  void run(Filler filler) {
    try (EtcdRegistry registry = EtcdRegistry.connect(endpoint)) {
      Percentiles behind = new Percentiles();
      AtomicLong snapshots = new AtomicLong();
      NavigableMap<Long, Long> sent = new ConcurrentSkipListMap<>();
      Observer observer = new Observer();
      registry.watch(
          FirstSnapshot.LARGE,
          news -> {
            snapshots.incrementAndGet();
            seen(news, sent, behind);
            observer.accept(news);
          });
      observer.await(Observer.size(sizes.instances()));
      long thread = observer.teller().getId();
      long cpu = THREADS.getThreadCpuTime(thread);
      long begun = snapshots.get();
      long start = System.nanoTime();
      long last = write(filler, sent, start);
      long took = System.nanoTime() - start;
      long caughtUp = observer.await(Observer.revision(last)) - start - took;
      sameAsEtcd(filler.stored(FirstSnapshot.LARGE), observer.snapshot());
      out.printf(
          "%n%,d changes in %,d ms among %,d instances: %,d snapshots told;"
              + " the last %,d ms after the last write%n",
          sizes.changesPerSecond() * sizes.seconds(),
          took / 1_000_000,
          sizes.instances(),
          snapshots.get() - begun,
          Math.max(0, caughtUp) / 1_000_000);
      out.printf("the last list is etcd's content, instance by instance%n");
      out.printf("from etcd's answer to the writer until the snapshot: %s%n", behind);
      out.printf(
          "CPU of the registry's thread: %.1f %% of one core%n",
          100.0 * (THREADS.getThreadCpuTime(thread) - cpu) / took);
    }
  }

  /** Whether a change was lost: every instance must be where etcd has it. */
  private static void sameAsEtcd(Map<String, String> stored, @Nullable EndpointSnapshot told) {
    Map<String, String> seen = new HashMap<>();
    if (told != null) {
      told.endpoints().forEach(one -> seen.put(one.id(), one.addresses().get(0).hostAndPort()));
    }
    if (!seen.equals(stored)) {
      Map<String, String> missed = new HashMap<>(stored);
      missed.entrySet().removeAll(seen.entrySet());
      throw new IllegalStateException(
          "etcd has "
              + stored.size()
              + " instances and the list "
              + seen.size()
              + "; not in the list: "
              + missed);
    }
  }

  private static void seen(Resolution news, NavigableMap<Long, Long> sent, Percentiles behind) {
    long now = System.nanoTime();
    NavigableMap<Long, Long> visible = sent.headMap(Observer.revisionOf(news), true);
    visible.forEach((revision, at) -> behind.add(Math.max(0, now - at)));
    visible.clear();
  }

  /** Returns the greatest revision. */
  private long write(Filler filler, NavigableMap<Long, Long> sent, long start) {
    int count = sizes.changesPerSecond() * sizes.seconds();
    long gap = 1_000_000_000L / sizes.changesPerSecond();
    CompletableFuture<?>[] writes = new CompletableFuture<?>[count];
    AtomicLong last = new AtomicLong();
    for (int i = 0; i < count; i++) {
      long wait = start + i * gap - System.nanoTime();
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      }
      int instance = (int) (i * 7919L % sizes.instances());
      writes[i] =
          filler
              .change(FirstSnapshot.LARGE, instance, 1 + i)
              .thenAccept(
                  revision -> {
                    sent.put(revision, System.nanoTime());
                    last.accumulateAndGet(revision, Math::max);
                  });
    }
    CompletableFuture.allOf(writes).join();
    return last.get();
  }
}
