package io.fairlead.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits in real time for what another thread brings about and tells nobody. Where a test can be
 * told, it takes a latch; where time can be moved, a {@link ManualClock}.
 */
public final class Await {
  /** Far above what a busy machine needs: it only ends a test that would hang. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final long PAUSE_NANOS = 1_000_000;

  private Await() {}

  /**
   * Waits until the condition holds, for a minute at most.
   *
   * @param what what is waited for, for the error: {@code "the connection is closed"}
   * @throws AssertionError if it does not hold in time, or if the thread is interrupted
   */
  public static void until(String what, BooleanSupplier condition) {
    until(what, TIMEOUT, condition);
  }

  static void until(String what, Duration timeout, BooleanSupplier condition) {
    long end = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end >= 0) {
        throw new AssertionError("Not within " + DurationText.format(timeout) + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("Interrupted while waiting for this: " + what);
      }
    }
  }
}
