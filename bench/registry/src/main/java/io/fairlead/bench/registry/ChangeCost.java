package io.fairlead.bench.registry;

import com.sun.management.ThreadMXBean;
import io.fairlead.registry.etcd.EtcdRegistry;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;

/** What one change costs the registry's thread, by the number of instances. */
record ChangeCost(String endpoint, Sizes sizes, PrintStream out) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  void run(Filler filler) {
    out.printf("%nper change of one instance, one after the other:%n");
    out.printf("%10s %14s %14s %14s %14s%n", "instances", "CPU us", "bytes", "p50 us", "p99 us");
    for (int instances = 10; instances <= sizes.instances(); instances *= 10) {
      measure(filler, instances);
    }
  }

  private void measure(Filler filler, int instances) {
    String service = "cost-" + instances;
    filler.fill(service, instances);
    try (EtcdRegistry registry = EtcdRegistry.connect(endpoint)) {
      Observer observer = new Observer();
      registry.watch(service, observer);
      observer.await(Observer.size(instances));
      for (int i = 0; i < sizes.changes(); i++) {
        change(filler, service, observer, i % instances, 1 + i);
      }
      Percentiles latency = new Percentiles();
      long thread = observer.teller().getId();
      long cpu = THREADS.getThreadCpuTime(thread);
      long bytes = THREADS.getThreadAllocatedBytes(thread);
      for (int i = 0; i < sizes.changes(); i++) {
        latency.add(change(filler, service, observer, i % instances, 1 + sizes.changes() + i));
      }
      out.printf(
          "%,10d %,14.1f %,14d %,14.0f %,14.0f%n",
          instances,
          (THREADS.getThreadCpuTime(thread) - cpu) / 1000.0 / sizes.changes(),
          (THREADS.getThreadAllocatedBytes(thread) - bytes) / sizes.changes(),
          latency.at(0.5),
          latency.at(0.99));
    }
  }

  private static long change(
      Filler filler, String service, Observer observer, int instance, int number) {
    long start = System.nanoTime();
    long revision = filler.change(service, instance, number).join();
    return observer.await(Observer.revision(revision)) - start;
  }
}
