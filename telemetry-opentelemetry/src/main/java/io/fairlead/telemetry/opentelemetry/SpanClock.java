package io.fairlead.telemetry.opentelemetry;

import java.time.Duration;
import java.time.Instant;

/** The times of one call: offsets from its start, so that no step of the wall clock parts them. */
final class SpanClock {
  /** For spans that nobody records. */
  static final SpanClock UNUSED = new SpanClock(0, 0);

  private final long epochNanos;
  private final long nanoTime;

  private SpanClock(long epochNanos, long nanoTime) {
    this.epochNanos = epochNanos;
    this.nanoTime = nanoTime;
  }

  static SpanClock start() {
    Instant now = Instant.now();
    return new SpanClock(now.getEpochSecond() * 1_000_000_000L + now.getNano(), System.nanoTime());
  }

  long nowNanos() {
    return epochNanos + (System.nanoTime() - nanoTime);
  }

  long after(Duration sinceStart) {
    return epochNanos + sinceStart.toNanos();
  }
}
