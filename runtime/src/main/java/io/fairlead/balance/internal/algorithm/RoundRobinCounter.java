package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Pick;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A counter of picks that starts at a random value, and at another one after an overflow.
 *
 * <p>It extends {@link AtomicInteger}, and pickers hold it directly: a field beside a number that
 * all threads write would be slow to read (false sharing).
 */
final class RoundRobinCounter extends AtomicInteger {
  private static final long serialVersionUID = 1;

  /** Below 0 until the start is drawn, and after an overflow: so one step asks and counts. */
  RoundRobinCounter() {
    super(Integer.MIN_VALUE);
  }

  /** Returns the next number, 0 or above. */
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
