package io.fairlead.bench.balance;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Calls by their age, as all have the same deadline. Nearly all end long before it, so the ended
 * ones are swept out now and then: a hundred thousand of them would fill the caches.
 */
final class Deadlines {
  private static final int FEW = 1024;

  private final ArrayDeque<Call> calls = new ArrayDeque<>();
  private int sweepAt = FEW;

  void add(Call call) {
    if (calls.size() >= sweepAt) {
      calls.removeIf(earlier -> earlier.ended);
      sweepAt = Math.max(FEW, 2 * calls.size());
    }
    calls.add(call);
  }

  /** The call that has waited longest; null if none waits. */
  @Nullable Call oldest() {
    Call oldest = calls.peek();
    while (oldest != null && oldest.ended) {
      calls.remove();
      oldest = calls.peek();
    }
    return oldest;
  }
}
