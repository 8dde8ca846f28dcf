package io.fairlead.telemetry;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.lang.management.OperatingSystemMXBean;
import java.util.List;

/**
 * The basics of the Java virtual machine, by the names of OpenTelemetry, except where Prometheus
 * keeps the suffix {@code count} to itself.
 */
final class JvmMetrics {
  private static final double MILLIS = 1e-3;
  private static final double NANOS = 1e-9;

  private JvmMetrics() {}

  static void collect(List<MetricFamily> into) {
    memory(into);
    garbageCollections(into);
    into.add(
        single(
            FamilyBuilder.gauge("jvm.threads.current", "Threads of the platform.", "{thread}"),
            ManagementFactory.getThreadMXBean().getThreadCount()));
    into.add(
        single(
            FamilyBuilder.gauge("jvm.classes.loaded", "Classes that are loaded.", "{class}"),
            ManagementFactory.getClassLoadingMXBean().getLoadedClassCount()));
    into.add(
        single(
            FamilyBuilder.gauge("process.uptime", "Time since the start of the process.", "s"),
            ManagementFactory.getRuntimeMXBean().getUptime() * MILLIS));
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    into.add(
        single(
            FamilyBuilder.gauge(
                "jvm.cpus.available", "Processors that the virtual machine may use.", "{cpu}"),
            system.getAvailableProcessors()));
    if (system instanceof com.sun.management.OperatingSystemMXBean detailed) {
      into.add(
          single(
              FamilyBuilder.counter("jvm.cpu.time", "Processor time of the process.", "s"),
              detailed.getProcessCpuTime() * NANOS));
    }
  }

  private static MetricFamily single(FamilyBuilder family, double value) {
    family.add(value);
    return family.build();
  }

  private static void memory(List<MetricFamily> into) {
    FamilyBuilder used = memory("used", "Memory in use.");
    FamilyBuilder committed = memory("committed", "Memory that is certain to be available.");
    FamilyBuilder limit = memory("limit", "Memory that a pool may take.");
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getUsage();
      if (usage == null) {
        continue;
      }
      String type = pool.getType() == MemoryType.HEAP ? "heap" : "non_heap";
      used.add(usage.getUsed(), type, pool.getName());
      committed.add(usage.getCommitted(), type, pool.getName());
      if (usage.getMax() >= 0) {
        limit.add(usage.getMax(), type, pool.getName());
      }
    }
    into.add(used.build());
    into.add(committed.build());
    into.add(limit.build());
    FamilyBuilder buffers =
        FamilyBuilder.gauge(
            "jvm.buffer.memory.used",
            "Memory in buffers outside of the heap.",
            "By",
            "jvm.buffer.pool.name");
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      buffers.add(pool.getMemoryUsed(), pool.getName());
    }
    into.add(buffers.build());
  }

  private static FamilyBuilder memory(String name, String help) {
    return FamilyBuilder.gauge(
        "jvm.memory." + name, help, "By", "jvm.memory.type", "jvm.memory.pool.name");
  }

  private static void garbageCollections(List<MetricFamily> into) {
    FamilyBuilder count =
        FamilyBuilder.counter(
            "jvm.gc.collections", "Garbage collections.", "{collection}", "jvm.gc.name");
    FamilyBuilder time =
        FamilyBuilder.counter("jvm.gc.time", "Time of garbage collections.", "s", "jvm.gc.name");
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      count.add(collector.getCollectionCount(), collector.getName());
      time.add(collector.getCollectionTime() * MILLIS, collector.getName());
    }
    into.add(count.build());
    into.add(time.build());
  }
}
