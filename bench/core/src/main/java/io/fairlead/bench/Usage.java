package io.fairlead.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;

/**
 * What a process used since it started, or between two readings.
 *
 * @param cpuNanos of all its threads, the JVM's own included
 * @param allocatedBytes by the platform threads that are alive
 */
public record Usage(long cpuNanos, long allocatedBytes) {
  static final Usage NONE = new Usage(0, 0);

  static Usage now() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated =
        Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
            .filter(bytes -> bytes > 0)
            .sum();
    return new Usage(system.getProcessCpuTime(), allocated);
  }

  Usage since(Usage earlier) {
    return new Usage(cpuNanos - earlier.cpuNanos, allocatedBytes - earlier.allocatedBytes);
  }

  String encode() {
    return "cpu=%d allocated=%d".formatted(cpuNanos, allocatedBytes);
  }

  static Usage decode(String line) {
    Map<String, String> fields = Fields.parse(line);
    return new Usage(Fields.number(fields, "cpu"), Fields.number(fields, "allocated"));
  }
}
