package io.fairlead.bench.soak;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** How much of the heap is in use once the garbage is gone. */
final class Heap {
  private static final int COLLECTIONS = 3;

  private Heap() {}

  static long used() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    // What one collection only queues for its references, the next one frees.
    long least = Long.MAX_VALUE;
    for (int i = 0; i < COLLECTIONS; i++) {
      memory.gc();
      least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
