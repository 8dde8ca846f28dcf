package io.fairlead.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a process holds.
 *
 * @param heapBytes that survive a collection
 * @param residentBytes of the whole process; the heap's part is constant, as it is touched at start
 */
record Held(long heapBytes, long residentBytes) {

  static Held now() throws IOException {
    // Twice: what the first run finds unreachable may hold on to more.
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    long residentKilobytes =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow(() -> new IOException("/proc/self/status has no VmRSS"));
    return new Held(heap, residentKilobytes * 1024);
  }

  Held each(Held before, int count) {
    return new Held(
        (heapBytes - before.heapBytes) / count, (residentBytes - before.residentBytes) / count);
  }

  String encode() {
    return "heap=" + heapBytes + " resident=" + residentBytes;
  }

  static Held decode(String line) {
    Map<String, String> fields = Fields.parse(line);
    return new Held(Fields.number(fields, "heap"), Fields.number(fields, "resident"));
  }
}
