package io.fairlead.policy;

/** The backoff between attempts, as in gRFC A6: growing, with a jitter of a fifth up and down. */
final class Backoff {
  private Backoff() {}

  /**
   * Returns the backoff before a retry.
   *
   * @param retry 1 for the first retry
   * @param random from 0 to 1
   */
  static long delayNanos(RetryPolicy policy, int retry, double random) {
    double grown =
        policy.backoff().toNanos() * Math.pow(policy.backoffMultiplier(), Math.max(0, retry - 1));
    double capped = Math.min(grown, (double) policy.maxBackoff().toNanos());
    return (long) (capped * (0.8 + 0.4 * random));
  }
}
