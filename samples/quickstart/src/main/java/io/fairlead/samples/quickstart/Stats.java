package io.fairlead.samples.quickstart;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts answers and failures; safe for use by many threads. */
final class Stats {
  private final Map<String, Window> windows = new TreeMap<>();
  private long answered;
  private long failed;
  private long slowestMicros;
  private @Nullable Throwable firstFailure;

  synchronized void answered(String instance, long micros) {
    answered++;
    slowestMicros = Math.max(slowestMicros, micros);
    windows.computeIfAbsent(instance, id -> new Window()).add(micros);
  }

  synchronized void failed(Throwable failure) {
    failed++;
    if (firstFailure == null) {
      firstFailure = failure;
    }
  }

  /** The counts so far; {@code slowestMicros} is that since the last total, and begins anew. */
  synchronized Total total() {
    Total total = new Total(answered, failed, slowestMicros, firstFailure);
    slowestMicros = 0;
    return total;
  }

  /** What each instance did since the last look; it begins anew. */
  synchronized Map<String, Window> look() {
    Map<String, Window> look = new TreeMap<>(windows);
    windows.clear();
    return look;
  }

  synchronized long failures() {
    return failed;
  }

  record Total(long answered, long failed, long slowestMicros, @Nullable Throwable firstFailure) {}

  /** Latencies of one instance between two looks. */
  static final class Window {
    private long[] micros = new long[256];
    private int count;

    private void add(long value) {
      if (count == micros.length) {
        micros = Arrays.copyOf(micros, count * 2);
      }
      micros[count++] = value;
    }

    int count() {
      return count;
    }

    /** The latency that this share of the calls did not exceed. */
    long percentile(double share) {
      long[] sorted = Arrays.copyOf(micros, count);
      Arrays.sort(sorted);
      return count == 0 ? 0 : sorted[Math.min(count - 1, (int) (share * count))];
    }
  }
}
