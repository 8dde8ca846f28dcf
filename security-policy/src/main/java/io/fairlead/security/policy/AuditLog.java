package io.fairlead.security.policy;

import java.lang.System.Logger.Level;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Writes refusals to the log, at most {@value #MAX_LINES} in a second, and how many were left out.
 * A flood of refused calls is not to become a flood of lines. Any thread; the lock guards the
 * counts, and lines are written outside of it.
 */
final class AuditLog implements Consumer<AccessRefusal> {
  static final int MAX_LINES = 20;

  private static final long SECOND = 1_000_000_000;
  private static final System.Logger LOG = System.getLogger(AccessRefusal.class.getName());

  private final LongSupplier ticker;
  private final Object lock = new Object();
  private long secondStartNanos;
  private int lines;
  private long leftOut;

  AuditLog(LongSupplier ticker) {
    this.ticker = ticker;
    this.secondStartNanos = ticker.getAsLong();
  }

  @Override
  public void accept(AccessRefusal refusal) {
    long missing = 0;
    synchronized (lock) {
      long now = ticker.getAsLong();
      if (now - secondStartNanos >= SECOND) {
        secondStartNanos = now;
        lines = 0;
        missing = leftOut;
        leftOut = 0;
      }
      if (lines >= MAX_LINES) {
        leftOut++;
        return;
      }
      lines++;
    }
    if (missing > 0) {
      LOG.log(Level.INFO, missing + " more refusals were not logged");
    }
    LOG.log(Level.INFO, refusal.toString());
  }
}
