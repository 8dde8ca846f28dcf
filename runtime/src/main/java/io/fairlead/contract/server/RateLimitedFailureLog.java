package io.fairlead.contract.server;

import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Logs the failures of one method's handler: at most one a second of each exception class from each
 * place. An outage must not fill disks, and a frequent failure must not hide a rare one.
 */
final class RateLimitedFailureLog {
  private static final System.Logger LOG = System.getLogger(ServiceBinding.class.getName());

  /** A bound for generated classes; kinds beyond it share a throttle. */
  private static final int MAX_KINDS = 100;

  private static final Kind OTHERS = new Kind("", "");

  private final String method;
  private final LongSupplier nanoClock;
  private final Map<Kind, LogThrottle> throttles = new ConcurrentHashMap<>();

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
    this.nanoClock = nanoClock;
  }

  /** Logs it; false if one of its kind was logged a moment ago. */
  boolean failed(Throwable failure) {
    long before = throttle(Kind.of(failure)).admit();
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

  private LogThrottle throttle(Kind kind) {
    LogThrottle known = throttles.get(kind);
    if (known != null) {
      return known;
    }
    Kind key = throttles.size() < MAX_KINDS ? kind : OTHERS;
    return throttles.computeIfAbsent(key, unseen -> new LogThrottle(nanoClock));
  }
}
