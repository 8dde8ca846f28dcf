package io.fairlead.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;

/**
 * What a process used since it started, or between two readings.
 *
 * @param cpuNanos of all its threads, the JVM's own included
 * @param allocatedBytes by all threads; before Java 21 by those that lived at a reading
 * @param compilingNanos that the JVM's compilers took
 */
public record Usage(long cpuNanos, long allocatedBytes, long compilingNanos) {
  static final Usage NONE = new Usage(0, 0, 0);

  // What threads that have ended since had allocated when they were last seen.
  private static final Map<Long, Long> SEEN = new ConcurrentHashMap<>();

  /** Returns what this process has used. */
  public static Usage now() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long compilingMillis = ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    return new Usage(
        system.getProcessCpuTime(), allocated(), TimeUnit.MILLISECONDS.toNanos(compilingMillis));
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    if (Runtime.version().feature() >= 21) {
      return total(threads);
    }
    long[] ids = threads.getAllThreadIds();
    long[] bytes = threads.getThreadAllocatedBytes(ids);
    for (int i = 0; i < ids.length; i++) {
      if (bytes[i] > 0) {
        SEEN.put(ids[i], bytes[i]);
      }
    }
    return SEEN.values().stream().mapToLong(Long::longValue).sum();
  }

  /** With virtual threads and those that have ended; asked by name, as Java 17 does not have it. */
  private static long total(ThreadMXBean threads) {
    try {
      return (Long)
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(threads.getObjectName(), "TotalThreadAllocatedBytes");
    } catch (JMException e) {
      throw new IllegalStateException("This JVM does not tell what its threads allocate", e);
    }
  }

  /** Returns what was used between two readings. */
  public Usage since(Usage earlier) {
    return new Usage(
        cpuNanos - earlier.cpuNanos,
        allocatedBytes - earlier.allocatedBytes,
        compilingNanos - earlier.compilingNanos);
  }

  String encode() {
    return "cpu=%d allocated=%d compiling=%d".formatted(cpuNanos, allocatedBytes, compilingNanos);
  }

  static Usage decode(String line) {
    Map<String, String> fields = Fields.parse(line);
    return new Usage(
        Fields.number(fields, "cpu"),
        Fields.number(fields, "allocated"),
        Fields.number(fields, "compiling"));
  }
}
