package io.fairlead.server.internal.admission;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the calls at once of each caller, by its name or else its address.
 *
 * <p>A caller without calls takes no memory, so that callers cannot fill it by making up names. Any
 * thread, without a lock beyond that of the map's entry.
 */
final class PerCallerLimiter {
  private final int limit;
  private final ConcurrentHashMap<Object, Integer> inFlight = new ConcurrentHashMap<>();

  PerCallerLimiter(int limit) {
    this.limit = limit;
  }

  boolean tryAcquire(Object caller) {
    while (true) {
      Integer count = inFlight.get(caller);
      if (count == null) {
        if (inFlight.putIfAbsent(caller, 1) == null) {
          return true;
        }
      } else if (count >= limit) {
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
