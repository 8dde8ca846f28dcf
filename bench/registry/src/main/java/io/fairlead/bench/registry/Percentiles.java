package io.fairlead.bench.registry;

import java.util.Arrays;

/** Durations in nanoseconds, and where they lie. */
final class Percentiles {
  private long[] values = new long[1024];
  private int count;

  synchronized void add(long nanos) {
    if (count == values.length) {
      values = Arrays.copyOf(values, count * 2);
    }
    values[count++] = nanos;
  }

  synchronized int count() {
    return count;
  }

  /** In microseconds. */
  synchronized double at(double share) {
    if (count == 0) {
      throw new IllegalStateException("nothing was measured");
    }
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[(int) Math.min(count - 1L, Math.round(share * (count - 1)))] / 1000.0;
  }

  @Override
  public String toString() {
    return String.format(
        "p50 %,.0f us, p99 %,.0f us, most %,.0f us, of %,d", at(0.5), at(0.99), at(1), count());
  }
}
