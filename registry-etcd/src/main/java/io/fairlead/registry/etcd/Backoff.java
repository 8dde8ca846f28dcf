package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing pauses with jitter, so that many processes do not come back in step. */
final class Backoff {
  private final long firstNanos;
  private final RandomGenerator random;
  private long nextNanos;

  Backoff(Duration first, RandomGenerator random) {
    this.firstNanos = first.toNanos();
    this.random = random;
    this.nextNanos = firstNanos;
  }

  /** Returns the next pause: between half and the whole of a value that doubles up to the limit. */
  long next(Duration limit) {
    long whole = Math.min(nextNanos, limit.toNanos());
    nextNanos = Math.min(nextNanos * 2, Duration.ofMinutes(1).toNanos());
    return Jitter.between(random, whole / 2, whole);
  }

  void reset() {
    nextNanos = firstNanos;
  }
}
