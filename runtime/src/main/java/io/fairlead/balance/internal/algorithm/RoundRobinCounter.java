package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Pick;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts picks from a random start, and again from another one after two thousand million of them.
 * It is the counter itself, and pickers hold it directly: what lies beside a number that all
 * threads write is slow to read.
 */
final class RoundRobinCounter extends AtomicInteger {
  private static final long serialVersionUID = 1;

  /** Below 0 until the start is drawn, and after an overflow: so one step asks and counts. */
  RoundRobinCounter() {
    super(Integer.MIN_VALUE);
  }

  /** The next number, 0 or above. */
  int next(Pick pick) {
    int now = getAndIncrement();
    return now >= 0 ? now : start(pick);
  }

  /** When several threads come here at once, their starts replace each other, which is as good. */
  private int start(Pick pick) {
    int start = pick.random(1 << 30);
    set(start + 1);
    return start;
  }
}
