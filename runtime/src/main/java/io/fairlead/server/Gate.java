package io.fairlead.server;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts what is inside, and keeps the count at or below a ceiling. */
final class Gate {
  private final AtomicInteger inside = new AtomicInteger();

  /** The count with the newcomer, or 0 when the ceiling is reached. */
  int tryEnter(int ceiling) {
    int now = inside.get();
    while (now < ceiling) {
      if (inside.compareAndSet(now, now + 1)) {
        return now + 1;
      }
      now = inside.get();
    }
    return 0;
  }

  void leave() {
    if (inside.decrementAndGet() < 0) {
      throw new IllegalStateException("more calls left than entered");
    }
  }

  int inside() {
    return inside.get();
  }
}
