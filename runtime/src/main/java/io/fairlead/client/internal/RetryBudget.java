package io.fairlead.client.internal;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Plural;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Keeps retries to a share of the calls, so that they cannot multiply a load that is already too
 * high: a fifth of the calls of the last ten seconds, and ten a second for clients with few calls.
 *
 * <p>Safe for use by many threads, without locks. A count that races with the change of a second
 * may land in the next one, or be lost; the budget is a bound on the whole, not an account.
 */
final class RetryBudget {
  private static final long SECOND = 1_000_000_000L;
  private static final int SLOTS = 10;

  /** A call brings one part; a retry costs five: so a fifth of the calls. */
  private static final int COST = 5;

  private final long reserve;
  private final LongSupplier nanoTime;
  private final long origin;
  private final AtomicLongArray seconds = new AtomicLongArray(SLOTS);
  private final AtomicLongArray balances = new AtomicLongArray(SLOTS);

  /** A fifth of the calls, and this many a second on top. */
  RetryBudget(int perSecond, LongSupplier nanoTime) {
    this.reserve = (long) Arguments.atLeast("retry budget per second", perSecond, 0) * SLOTS * COST;
    this.nanoTime = nanoTime;
    // A second back, so that the number of the first second is not that of an unused slot.
    this.origin = nanoTime.getAsLong() - SECOND;
  }

  /** Records a first attempt, made at this time of the ticker. */
  void deposit(long nowNanos) {
    balances.incrementAndGet(slot(second(nowNanos)));
  }

  /** Takes the price of a retry, if the budget has it. */
  boolean tryWithdraw() {
    long second = second(nanoTime.getAsLong());
    int slot = slot(second);
    // Taken first and given back: two that race cannot both take the last one.
    balances.addAndGet(slot, -COST);
    if (balance(second) >= 0) {
      return true;
    }
    balances.addAndGet(slot, COST);
    return false;
  }

  /** Returns how many retries it would allow now. */
  long available() {
    return Math.max(0, balance(second(nanoTime.getAsLong())) / COST);
  }

  /** Sums the reserve and the seconds that still count; an older slot waits to be used again. */
  private long balance(long second) {
    long sum = reserve;
    for (int i = 0; i < SLOTS; i++) {
      if (second - seconds.get(i) < SLOTS) {
        sum += balances.get(i);
      }
    }
    return sum;
  }

  /** Finds the slot of a second, and clears it if it is the first time in this turn. */
  private int slot(long second) {
    int slot = (int) (second % SLOTS);
    long seen = seconds.get(slot);
    if (seen != second && seconds.compareAndSet(slot, seen, second)) {
      balances.set(slot, 0);
    }
    return slot;
  }

  private long second(long nowNanos) {
    return Math.max(1, (nowNanos - origin) / SECOND);
  }

  @Override
  public String toString() {
    return "RetryBudget[" + Plural.of(available(), "retry") + " left]";
  }
}
