package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits in real time. A bound is a ceiling of three times that; the figure is printed. */
final class RealTime {
  /** For what has no bound of its own. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int CEILING = 3;
  private static final long PARK_NANOS = 2_000_000;
  private static final long STALL_NANOS = 100_000_000;

  private RealTime() {}

  static void soon(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  static Duration within(Duration bound, String what, BooleanSupplier condition) {
    Duration took = await(what, bound.multipliedBy(CEILING), condition);
    System.out.printf(
        "%s: %d ms, meant to be within %d ms%n", what, took.toMillis(), bound.toMillis());
    return took;
  }

  private static Duration await(String what, Duration limit, BooleanSupplier condition) {
    long start = System.nanoTime();
    long stopped = 0;
    while (!condition.getAsBoolean()) {
      long before = System.nanoTime();
      if (before - start - stopped > limit.toNanos()) {
        throw new AssertionError("not within " + limit + ": " + what);
      }
      LockSupport.parkNanos(PARK_NANOS);
      // A machine that does not run us does not run the registry either.
      stopped += Math.max(0, System.nanoTime() - before - STALL_NANOS);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  static void pass(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
