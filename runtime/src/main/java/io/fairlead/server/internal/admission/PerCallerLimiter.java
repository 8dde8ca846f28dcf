package io.fairlead.server.internal.admission;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the calls at once of each caller, by its name or else its address.
 *
 * <p>A caller without calls takes no memory, so that callers cannot fill it by making up names. Any
 * thread, without a lock beyond that of the map's entry.
 */
final class PerCallerLimiter {
  /** 0 while callers are not limited; calls that begin then are not counted. */
  private volatile int limit;

  private final ConcurrentHashMap<Object, Integer> inFlight = new ConcurrentHashMap<>();

  PerCallerLimiter(int limit) {
    this.limit = limit;
  }

  /** Sets another limit; 0 is none. Calls in flight stay counted. */
  void change(int calls) {
    limit = calls;
  }

  boolean tryAcquire(Object caller) {
    // It may have been taken away since the caller was asked for.
    int most = limit == 0 ? Integer.MAX_VALUE : limit;
    while (true) {
      Integer count = inFlight.get(caller);
      if (count == null) {
        if (inFlight.putIfAbsent(caller, 1) == null) {
          return true;
        }
      } else if (count >= most) {
        return false;
      } else if (inFlight.replace(caller, count, count + 1)) {
        return true;
      }
    }
  }

  void release(Object caller) {
    inFlight.compute(
        caller,
        (name, count) -> {
          if (count == null) {
            throw new IllegalStateException("more calls of " + name + " released than acquired");
          }
          return count == 1 ? null : (Integer) (count - 1);
        });
  }

  int limit() {
    return limit;
  }

  int callers() {
    return inFlight.size();
  }
}
