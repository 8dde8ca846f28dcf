package io.fairlead.server;

import java.util.concurrent.ConcurrentHashMap;

/** Calls at once from each caller. A caller without calls takes no memory. */
final class CallerGates {
  private final int limit;
  private final ConcurrentHashMap<String, Integer> inside = new ConcurrentHashMap<>();

  CallerGates(int limit) {
    this.limit = limit;
  }

  boolean tryEnter(String caller) {
    boolean[] entered = new boolean[1];
    inside.compute(
        caller,
        (name, count) -> {
          int now = count == null ? 0 : count;
          entered[0] = now < limit;
          return entered[0] ? (Integer) (now + 1) : count;
        });
    return entered[0];
  }

  void leave(String caller) {
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
