package io.fairlead.balance.internal;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * What a balancer takes from outside, so that tests and simulations can bring their own.
 *
 * @param nanoTime a clock that never goes back
 * @param wallMillis the time of day, used only for the age of endpoints
 * @param randomBits 64 random bits for each call; safe for many threads
 */
public record ClockAndRandom(
    LongSupplier nanoTime, LongSupplier wallMillis, LongSupplier randomBits) {
  /** The real ones. */
  public static final ClockAndRandom REAL =
      new ClockAndRandom(
          System::nanoTime,
          System::currentTimeMillis,
          () -> ThreadLocalRandom.current().nextLong());
}
