package io.fairlead.server.internal.admission;

/**
 * Follows the lower quartile of a method's latency in one number, so that a few very long calls do
 * not hide how quick the others are. A lost update under a race only costs one sample.
 */
final class LatencyEstimator {
  private static final double QUARTILE = 0.25;
  private static final double STEP = 0.05;

  private volatile double nanos;

  void add(long sample) {
    double now = nanos;
    if (now == 0) {
      nanos = Math.max(1, sample);
    } else if (sample > now) {
      nanos = now * (1 + STEP * QUARTILE);
    } else if (sample < now) {
      nanos = Math.max(1, now * (1 - STEP * (1 - QUARTILE)));
    }
  }

  /** 0 until there is a sample. */
  long nanos() {
    return (long) nanos;
  }
}
