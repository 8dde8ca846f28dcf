package io.fairlead.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * A {@link LogThrottle} for each kind of line, so that a frequent one does not hide a rare one.
 * Safe for use by many threads.
 */
public final class LogThrottles {
  /** A bound for kinds without end; those beyond it share a throttle. */
  private static final int MAX_KINDS = 100;

  private static final Object OTHERS = new Object();

  private final LongSupplier nanoClock;
  private final Map<Object, LogThrottle> throttles = new ConcurrentHashMap<>();

  public LogThrottles(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Returns how many of its kind were skipped since the last one, or -1 if it is skipped too. */
  public long admit(Object kind) {
    LogThrottle known = throttles.get(kind);
    if (known == null) {
      Object key = throttles.size() < MAX_KINDS ? kind : OTHERS;
      known = throttles.computeIfAbsent(key, unseen -> new LogThrottle(nanoClock));
    }
    return known.admit();
  }
}
