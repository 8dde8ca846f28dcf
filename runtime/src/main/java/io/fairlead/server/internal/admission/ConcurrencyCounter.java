package io.fairlead.server.internal.admission;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what is inside, and keeps the count at or below a ceiling. The ceiling comes with each
 * question, as it may change while calls are inside. Lock-free, for any thread.
 */
final class ConcurrencyCounter {
  private final AtomicInteger count = new AtomicInteger();

  /** Returns the count with the newcomer, or 0 when the ceiling is reached. */
  int tryAcquire(int ceiling) {
    int now = count.get();
    while (now < ceiling) {
      if (count.compareAndSet(now, now + 1)) {
        return now + 1;
      }
      now = count.get();
    }
    return 0;
  }

  void release() {
    if (count.decrementAndGet() < 0) {
      throw new IllegalStateException("more calls left than entered");
    }
  }

  int count() {
    return count.get();
  }
}
