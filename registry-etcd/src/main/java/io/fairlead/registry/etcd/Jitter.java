package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Random spreads of time. */
final class Jitter {
  private Jitter() {}

  static long between(RandomGenerator random, long lowNanos, long highNanos) {
    return lowNanos + (long) (random.nextDouble() * (highNanos - lowNanos));
  }

  /** Returns the duration times a random factor between the two. */
  static long scaled(RandomGenerator random, Duration duration, double low, double high) {
    return (long) (duration.toNanos() * (low + random.nextDouble() * (high - low)));
  }
}
