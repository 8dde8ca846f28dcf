package io.fairlead.client.internal.breaker;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts good and bad outcomes of the latest stretch of time, in ten parts.
 *
 * <p>A part is cleared by the first outcome of its next turn. Bad and all outcomes share one
 * number, so one addition keeps them in step. Safe for use by many threads, without locks; a count
 * that races with the change of a part may be lost, which moves a rate by one call.
 */
final class RollingOutcomeWindow {
  private static final int PARTS = 10;
  private static final long ONE_BAD = 1L << 32;

  private final long partNanos;
  private final long origin;
  private final AtomicLongArray numbers = new AtomicLongArray(PARTS);

  /** The upper half of each counts bad outcomes, the lower half all: one add keeps them in step. */
  private final AtomicLongArray counts = new AtomicLongArray(PARTS);

  RollingOutcomeWindow(long lengthNanos, long nowNanos) {
    this.partNanos = Math.max(1, lengthNanos / PARTS);
    this.origin = nowNanos - partNanos;
  }

  void add(boolean bad, long nowNanos) {
    long number = number(nowNanos);
    int part = (int) (number % PARTS);
    long seen = numbers.get(part);
    if (seen != number && numbers.compareAndSet(part, seen, number)) {
      counts.set(part, 0);
    }
    counts.addAndGet(part, bad ? ONE_BAD + 1 : 1);
  }

  /** Returns the bad outcomes in the upper 32 bits, and all outcomes in the lower. */
  long sum(long nowNanos) {
    long number = number(nowNanos);
    long sum = 0;
    for (int i = 0; i < PARTS; i++) {
      if (number - numbers.get(i) < PARTS) {
        sum += counts.get(i);
      }
    }
    return sum;
  }

  static int all(long sum) {
    return (int) sum;
  }

  static int bad(long sum) {
    return (int) (sum >>> 32);
  }

  private long number(long nowNanos) {
    return Math.max(1, (nowNanos - origin) / partNanos);
  }
}
