package io.fairlead.contract.server;

import io.fairlead.internal.LogThrottles;
import io.fairlead.internal.Plural;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Logs the failures of one method's handler: at most one a second of each exception class from each
 * place. An outage must not fill disks, and a frequent failure must not hide a rare one.
 *
 * <p>To know the place of a failure costs its whole stack trace. So it is looked up for the first
 * {@value #LOOKS} failures of a second; those after them count by their class alone.
 */
final class RateLimitedFailureLog {
  private static final System.Logger LOG = System.getLogger(ServiceBinding.class.getName());

  private static final int LOOKS = 20;
  private static final long SECOND_NANOS = 1_000_000_000;

  private final String method;
  private final LongSupplier nanoClock;
  private final LogThrottles throttles;
  private final AtomicLong secondBegan;
  private final AtomicInteger looks = new AtomicInteger();

  /** What counts as the same failure; of one that was not looked at, the place is empty. */
  private record Kind(String type, String place) {}

  RateLimitedFailureLog(String method, LongSupplier nanoClock) {
    this.method = method;
    this.nanoClock = nanoClock;
    this.secondBegan = new AtomicLong(nanoClock.getAsLong());
    this.throttles = new LogThrottles(nanoClock);
  }

  /** Logs it; false if one of its kind was logged a moment ago. */
  boolean failed(Throwable failure) {
    long before = throttles.admit(new Kind(failure.getClass().getName(), place(failure)));
    if (before < 0) {
      return false;
    }
    LOG.log(
        Level.ERROR,
        "the handler of "
            + method
            + " failed"
            + (before == 0
                ? ""
                : "; so did " + Plural.of(before, "earlier call") + " in the same way, not shown"),
        failure);
    return true;
  }

  private String place(Throwable failure) {
    if (!mayLook()) {
      return "";
    }
    StackTraceElement[] trace = failure.getStackTrace();
    return trace.length == 0 ? "" : String.valueOf(trace[0]);
  }

  private boolean mayLook() {
    long now = nanoClock.getAsLong();
    long began = secondBegan.get();
    if (now - began >= SECOND_NANOS && secondBegan.compareAndSet(began, now)) {
      looks.set(0);
    }
    return looks.get() < LOOKS && looks.getAndIncrement() < LOOKS;
  }
}
