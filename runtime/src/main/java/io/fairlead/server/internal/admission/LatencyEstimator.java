package io.fairlead.server.internal.admission;

/**
 * Follows the lower quartile of a method's latency in one number, so that a few very long calls do
 * not hide how fast the others are.
 *
 * <p>Each sample moves the number by a small factor: up a little if it is above, down three times
 * as far if it is below. It comes to rest where a quarter of the samples is below. Any thread adds
 * samples without a lock; an update that is lost in a race costs one sample.
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

  /** Returns the estimate; 0 until there is a sample. */
  long nanos() {
    return (long) nanos;
  }
}
