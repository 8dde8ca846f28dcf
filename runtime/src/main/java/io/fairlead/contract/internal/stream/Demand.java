package io.fairlead.contract.internal.stream;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a subscriber has asked for and the call was not yet asked for.
 *
 * <p>A call takes an int at a time, and a subscriber may ask without a limit. At most 65,536
 * messages are asked of a call at once. The numbers are atomic, as subscribers ask on any thread;
 * {@link #take} is called by one thread at a time.
 */
final class Demand {
  private static final int MAX_OUTSTANDING = 1 << 16;

  private final AtomicLong pending = new AtomicLong();
  private final AtomicInteger outstanding = new AtomicInteger();

  /** Adds what the subscriber asked for. */
  void add(long n) {
    pending.getAndAccumulate(n, (old, more) -> old + more < 0 ? Long.MAX_VALUE : old + more);
  }

  /** Counts a message that came; true if it is time to {@link #take} again. */
  boolean delivered() {
    return outstanding.decrementAndGet() == MAX_OUTSTANDING / 2 && pending.get() > 0;
  }

  /** Returns what to ask the call for now; zero if nothing. One thread at a time. */
  int take() {
    long open = pending.get();
    int n = (int) Math.min(open, MAX_OUTSTANDING - outstanding.get());
    if (n <= 0) {
      return 0;
    }
    outstanding.addAndGet(n);
    if (open != Long.MAX_VALUE) {
      pending.addAndGet(-n);
    }
    return n;
  }
}
