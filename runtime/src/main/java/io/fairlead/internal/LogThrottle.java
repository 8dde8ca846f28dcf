package io.fairlead.internal;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Lets one line a second into the log and counts the others: what repeats must not fill disks. Safe
 * for use by many threads.
 */
public final class LogThrottle {
  private static final long PAUSE_NANOS = 1_000_000_000;

  private final LongSupplier nanoClock;
  private final AtomicLong nextAt;
  private final AtomicLong skipped = new AtomicLong();

  public LogThrottle(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.nextAt = new AtomicLong(nanoClock.getAsLong());
  }

  /** Returns how many lines were skipped since the last one, or -1 if this one is skipped too. */
  public long admit() {
    long now = nanoClock.getAsLong();
    long due = nextAt.get();
    if (now - due < 0 || !nextAt.compareAndSet(due, now + PAUSE_NANOS)) {
      skipped.incrementAndGet();
      return -1;
    }
    return skipped.getAndSet(0);
  }
}
