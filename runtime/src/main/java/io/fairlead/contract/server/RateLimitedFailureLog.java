package io.fairlead.contract.server;

import io.fairlead.internal.Plural;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Logs the failures of one method's handler, at most one a second: an outage must not fill disks.
 */
final class RateLimitedFailureLog {
  private static final System.Logger LOG = System.getLogger(ServiceBinding.class.getName());
  private static final long PAUSE_NANOS = 1_000_000_000;

  private final String method;
  private final LongSupplier nanoClock;
  private final AtomicLong nextAt;
  private final AtomicLong skipped = new AtomicLong();

  RateLimitedFailureLog(String method, LongSupplier nanoClock) {
    this.method = method;
    this.nanoClock = nanoClock;
    this.nextAt = new AtomicLong(nanoClock.getAsLong());
  }

  /** Logs it; false if one was logged a moment ago. */
  boolean failed(Throwable failure) {
    long now = nanoClock.getAsLong();
    long due = nextAt.get();
    if (now - due < 0 || !nextAt.compareAndSet(due, now + PAUSE_NANOS)) {
      skipped.incrementAndGet();
      return false;
    }
    long before = skipped.getAndSet(0);
    LOG.log(
        Level.ERROR,
        "the handler of "
            + method
            + " failed"
            + (before == 0 ? "" : "; so did " + Plural.of(before, "earlier call") + ", not shown"),
        failure);
    return true;
  }
}
