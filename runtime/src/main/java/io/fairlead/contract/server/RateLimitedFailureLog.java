package io.fairlead.contract.server;

import io.fairlead.internal.LogThrottles;
import io.fairlead.internal.Plural;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;

/**
 * Logs the failures of one method's handler: at most one a second of each exception class from each
 * place. An outage must not fill disks, and a frequent failure must not hide a rare one.
 */
final class RateLimitedFailureLog {
  private static final System.Logger LOG = System.getLogger(ServiceBinding.class.getName());

  private final String method;
  private final LogThrottles throttles;

  /** What counts as the same failure. */
  private record Kind(String type, String place) {
    static Kind of(Throwable failure) {
      StackTraceElement[] trace = failure.getStackTrace();
      return new Kind(
          failure.getClass().getName(), trace.length == 0 ? "" : String.valueOf(trace[0]));
    }
  }

  RateLimitedFailureLog(String method, LongSupplier nanoClock) {
    this.method = method;
    this.throttles = new LogThrottles(nanoClock);
  }

  /** Logs it; false if one of its kind was logged a moment ago. */
  boolean failed(Throwable failure) {
    long before = throttles.admit(Kind.of(failure));
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
}
