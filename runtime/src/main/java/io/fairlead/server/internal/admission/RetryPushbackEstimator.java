package io.fairlead.server.internal.admission;

import io.fairlead.internal.PushbackHeader;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Says how long a rejected client should wait: about the time of two fast calls, spread at random
 * so that not all return at once. Without state.
 *
 * @param random from 0 to 1
 */
record RetryPushbackEstimator(DoubleSupplier random) {
  private static final long SHORTEST_MILLIS = 10;
  private static final long LONGEST_MILLIS = 5_000;

  /**
   * @param quickNanos the time of a fast call, 0 if unknown
   */
  long millis(long quickNanos) {
    long base =
        quickNanos == 0
            ? PushbackHeader.UNKNOWN_MILLIS
            : TimeUnit.NANOSECONDS.toMillis(2 * quickNanos);
    long bounded = Math.max(SHORTEST_MILLIS, Math.min(LONGEST_MILLIS, base));
    return Math.round(bounded * (0.5 + random.getAsDouble()));
  }
}
