package io.fairlead.admin;

import io.fairlead.admin.v1.BreakerMove;
import io.fairlead.observe.CircuitBreakerStatus;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;

/** The last moves of circuit breakers, with their times. Safe for use by many threads. */
final class BreakerLog {
  private static final int KEPT = 100;

  private final InstantSource clock;

  /** Oldest first; guarded by its monitor. */
  private final ArrayDeque<BreakerMove> last = new ArrayDeque<>();

  BreakerLog(InstantSource clock) {
    this.clock = clock;
  }

  void add(CircuitBreakerStatus breaker) {
    BreakerMove move =
        BreakerMove.newBuilder()
            .setAt(StateMessages.timestamp(clock.instant()))
            .setBreaker(StateMessages.breaker(breaker))
            .build();
    synchronized (last) {
      last.add(move);
      if (last.size() > KEPT) {
        last.removeFirst();
      }
    }
  }

  List<BreakerMove> last() {
    synchronized (last) {
      return List.copyOf(last);
    }
  }
}
