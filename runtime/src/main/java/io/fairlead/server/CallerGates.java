package io.fairlead.server;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls at once from each caller, by its name or else its address. A caller without calls takes no
 * memory.
 */
final class CallerGates {
  private final int limit;
  private final ConcurrentHashMap<Object, Integer> inside = new ConcurrentHashMap<>();

  CallerGates(int limit) {
    this.limit = limit;
  }

  boolean tryEnter(Object caller) {
    while (true) {
      Integer count = inside.get(caller);
      if (count == null) {
        if (inside.putIfAbsent(caller, 1) == null) {
          return true;
        }
      } else if (count >= limit) {
        return false;
      } else if (inside.replace(caller, count, count + 1)) {
        return true;
      }
    }
  }

  void leave(Object caller) {
    inside.compute(
        caller,
        (name, count) -> {
          if (count == null) {
            throw new IllegalStateException("more calls of " + name + " left than entered");
          }
          return count == 1 ? null : (Integer) (count - 1);
        });
  }

  int limit() {
    return limit;
  }

  int callers() {
    return inside.size();
  }
}
