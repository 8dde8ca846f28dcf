package io.fairlead.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Time that stands still until a test moves it. One clock serves all three ways of asking: as a
 * {@link Clock}, through {@link #nanoTime()}, and as the {@link #scheduler()} whose tasks run
 * inside {@link #advance(Duration)}, on the caller's thread, each at exactly its own moment.
 *
 * <p>Reading is safe from any thread; one thread at a time moves the clock.
 */
public final class ManualClock extends Clock {
  /** Far from zero, so that code which takes zero for "never" is found out. */
  private static final long NANO_ORIGIN = Duration.ofDays(3).toNanos();

  private final Instant start;
  private final ZoneId zone;
  private final AtomicLong elapsedNanos;
  private final ManualScheduler scheduler;

  private ManualClock(Instant start) {
    this.start = start;
    this.zone = ZoneOffset.UTC;
    this.elapsedNanos = new AtomicLong();
    this.scheduler = new ManualScheduler(this);
  }

  /** The same time under another zone: moves with the clock it came from. */
  private ManualClock(ManualClock source, ZoneId zone) {
    this.start = source.start;
    this.zone = zone;
    this.elapsedNanos = source.elapsedNanos;
    this.scheduler = source.scheduler;
  }

  /** Returns a clock that starts at an arbitrary fixed moment, the same in every run. */
  public static ManualClock create() {
    return startingAt(Instant.parse("2026-01-01T00:00:00Z"));
  }

  /** Returns a clock that starts at {@code start}. */
  public static ManualClock startingAt(Instant start) {
    return new ManualClock(start);
  }

  /** Returns what {@link System#nanoTime()} would say: hand it over as {@code clock::nanoTime}. */
  public long nanoTime() {
    return NANO_ORIGIN + elapsedNanos.get();
  }

  /** Returns how far the clock was moved since it was made. */
  public Duration elapsed() {
    return Duration.ofNanos(elapsedNanos.get());
  }

  /** Runs its tasks when this clock moves. */
  public ManualScheduler scheduler() {
    return scheduler;
  }

  /**
   * Moves time forward and runs every task that falls due on the way, in order of their times;
   * tasks that tasks schedule run too if they fall due. What a task given to {@code execute} throws
   * comes out here.
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("Time moves forward only: " + DurationText.format(by));
    }
    scheduler.runUntil(nanoTime() + by.toNanos());
  }

  /** Runs what is due now without moving time. */
  public void runDue() {
    advance(Duration.ZERO);
  }

  /**
   * Jumps from task to task until the condition holds.
   *
   * @throws AssertionError when the condition does not hold within {@code limit} of virtual time
   */
  public void advanceUntil(BooleanSupplier condition, Duration limit) {
    long end = nanoTime() + limit.toNanos();
    runDue();
    while (!condition.getAsBoolean()) {
      long next = scheduler.nextDueNanos(end);
      if (next - end >= 0) {
        scheduler.runUntil(end);
        if (condition.getAsBoolean()) {
          return;
        }
        throw new AssertionError(
            "Not so within " + DurationText.format(limit) + " of virtual time; " + scheduler);
      }
      scheduler.runUntil(next);
    }
  }

  void moveTo(long nanoTime) {
    elapsedNanos.accumulateAndGet(nanoTime - NANO_ORIGIN, Math::max);
  }

  @Override
  public Instant instant() {
    return start.plusNanos(elapsedNanos.get());
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new ManualClock(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ManualClock that
        && elapsedNanos == that.elapsedNanos
        && zone.equals(that.zone);
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(elapsedNanos) * 31 + zone.hashCode();
  }

  @Override
  public String toString() {
    return "ManualClock[" + instant() + "]";
  }
}
