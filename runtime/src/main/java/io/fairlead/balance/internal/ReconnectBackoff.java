package io.fairlead.balance.internal;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait before a connection that was lost is made again. Nothing, if it was of use or
 * had lived for a while; longer each time, if the other end takes connections only to close them.
 * grpc-java's own backoff counts connections that never stood.
 */
final class ReconnectBackoff {
  /** Who lived this long was meant to live. */
  private static final long SHORT_LIFE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private long next = FIRST_NANOS;

  /**
   * Returns the wait after a connection that stood for this long.
   *
   * @param useful whether a call was answered on it
   * @param random from 0 to 1, so that many clients do not come back at the same moment
   */
  long afterLifeOf(long nanos, boolean useful, double random) {
    if (useful || nanos >= SHORT_LIFE_NANOS) {
      next = FIRST_NANOS;
      return 0;
    }
    long wait = next;
    next = Math.min(next * 2, LONGEST_NANOS);
    return (long) (wait * (0.8 + 0.4 * random));
  }

  /** Returns whether it is the wait after the first connection that did not last. */
  static boolean isFirst(long wait) {
    return wait <= FIRST_NANOS * 1.2;
  }
}
