package io.fairlead.balance.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.balance.internal.algorithm.LoadComparator;
import java.time.Duration;
import java.util.Optional;

/**
 * The live figures of one endpoint: calls in flight, latency, share of failures, outcomes of the
 * present interval.
 *
 * <p>Calls write them as they start and end, under the lock where more than a counter changes.
 * Picks read the volatile fields without it, and may see one figure newer than another, which is
 * harmless: each is an estimate. The tick of the load balancer lets figures fade, so that an idle
 * endpoint is tried again.
 */
final class LoadStats {
  /** How fast the latency estimate comes down again. */
  private static final double DECAY_NANOS = 10e9;

  /** The weight of one call in the share of failures. */
  private static final double FAILURE_STEP = 0.1;

  /** What an idle second leaves of the share of failures, so that the endpoint is tried again. */
  private static final double FAILURE_DECAY_PER_SECOND = 0.9;

  private final EndpointHandle counter;

  /** The share of its calls that it takes while it warms up. */
  private volatile double share = 1;

  private volatile double latencyNanos;
  private volatile double failureRate;

  /** Failed or superseded calls in a row; compared with the limit of outlier detection. */
  private volatile int consecutiveFailures;

  /** The last outcomes, the latest in the lowest bit: whether it was no success. */
  @GuardedBy("this")
  private long recent;

  /** Failures in a row before those. */
  @GuardedBy("this")
  private int older;

  /** Outcomes so far; a success has its number, by which it may be withdrawn. */
  @GuardedBy("this")
  private long outcomes;

  /** When latency was last learned, or faded; the estimate fades by the time since. */
  @GuardedBy("this")
  private long observedAt;

  /** When something last came from it. */
  @GuardedBy("this")
  private long heardAt;

  @GuardedBy("this")
  private boolean everHeard;

  // Of the current interval; plain fields, as each call counts in them.
  @GuardedBy("this")
  private long successes;

  @GuardedBy("this")
  private long failures;

  @GuardedBy("this")
  private long timedCalls;

  @GuardedBy("this")
  private double latencySum;

  /** What one interval of the outlier detector saw. */
  record Window(long successes, long failures, long timedCalls, double latencySum) {
    long total() {
      return successes + failures;
    }

    /** Mean latency of the answered calls, or 0 without any. */
    double meanLatency() {
      return timedCalls == 0 ? 0 : latencySum / timedCalls;
    }
  }

  /**
   * Of an endpoint that nobody has called yet.
   *
   * @param counter where calls in flight are counted, within reach of picks
   */
  LoadStats(EndpointHandle counter) {
    this.counter = counter;
  }

  void callStarted() {
    counter.addInFlight(1);
  }

  void callFinished() {
    counter.addInFlight(-1);
  }

  /**
   * Takes in the end of a call.
   *
   * @param elapsedNanos how long it took; negative if that says nothing, as for a stream
   * @param answered whether its end came from the endpoint
   * @return the number of a success, for {@link #withdrawSuccess}
   */
  synchronized long recordOutcome(
      CallOutcomeClass outcome, long elapsedNanos, long nowNanos, boolean answered) {
    if (answered) {
      heard(nowNanos);
    }
    switch (outcome) {
      case SUCCESS -> {
        append(false);
        // Mostly it is zero, and a volatile store is expensive.
        if (failureRate != 0) {
          failureRate -= failureRate * FAILURE_STEP;
        }
        successes++;
        if (elapsedNanos >= 0) {
          timedCalls++;
          latencySum += elapsedNanos;
          observe((double) elapsedNanos, nowNanos);
        }
      }
      case FAILURE -> {
        append(true);
        failureRate += (1 - failureRate) * FAILURE_STEP;
        failures++;
        observeAtLeast((double) elapsedNanos, nowNanos);
      }
      case SUPERSEDED -> {
        // No failure: where a hedge comes early, ordinary calls lose to it now and then.
        append(true);
        observeAtLeast((double) elapsedNanos, nowNanos);
      }
      case IGNORED -> observeAtLeast((double) elapsedNanos, nowNanos);
    }
    updateHealthFlag();
    return outcomes;
  }

  /** Takes note of a sign of life. */
  synchronized void heard(long nowNanos) {
    heardAt = nowNanos;
    everHeard = true;
  }

  /** Returns the time since the last sign of life. */
  synchronized Optional<Duration> sinceHeard(long nowNanos) {
    return everHeard
        ? Optional.of(Duration.ofNanos(Math.max(0, nowNanos - heardAt)))
        : Optional.empty();
  }

  @GuardedBy("this")
  private void append(boolean failed) {
    older = recent < 0 ? older + 1 : 0;
    recent = recent << 1 | (failed ? 1 : 0);
    outcomes++;
    countConsecutive();
  }

  @GuardedBy("this")
  private void countConsecutive() {
    int failed = Long.numberOfTrailingZeros(~recent);
    int inARow = failed < Long.SIZE ? failed : failed + older;
    if (consecutiveFailures != inARow) {
      consecutiveFailures = inARow;
    }
  }

  /** Turns a success into a failure at its place among those that were recorded since. */
  synchronized void withdrawSuccess(long number) {
    long since = outcomes - number;
    if (since < Long.SIZE) {
      recent |= 1L << since;
      countConsecutive();
    }
    failureRate += (1 - failureRate) * FAILURE_STEP;
    // The window may have been taken meanwhile.
    successes = Math.max(0, successes - 1);
    failures++;
    updateHealthFlag();
  }

  /** Called about every second: an idle endpoint's bad past fades, so that it is tried again. */
  synchronized void decay(long elapsedNanos, long nowNanos) {
    if (nowNanos - observedAt < elapsedNanos) {
      return;
    }
    double seconds = elapsedNanos / 1e9;
    latencyNanos *= Math.exp(-elapsedNanos / DECAY_NANOS);
    failureRate *= Math.pow(FAILURE_DECAY_PER_SECOND, seconds);
    updateHealthFlag();
  }

  /** Returns what was counted since the last call of this method. */
  synchronized Window takeWindow() {
    Window taken = new Window(successes, failures, timedCalls, latencySum);
    clearWindow();
    return taken;
  }

  /** Forgets the past, as for an endpoint that returns from ejection. */
  synchronized void reset() {
    consecutiveFailures = 0;
    recent = 0;
    older = 0;
    outcomes += Long.SIZE; // what was recorded before can no longer be withdrawn
    clearWindow();
  }

  @GuardedBy("this")
  private void clearWindow() {
    successes = 0;
    failures = 0;
    timedCalls = 0;
    latencySum = 0;
  }

  /** Tells comparisons whether they must look at more than the calls in flight. */
  private void updateHealthFlag() {
    counter.setImpaired(share < 1 || failureRate > LoadComparator.NOISE);
  }

  int inFlight() {
    return counter.inFlight();
  }

  /** The share of its calls that the endpoint takes, below 1 while it warms up. */
  double share() {
    return share;
  }

  synchronized void share(double newShare) {
    share = newShare;
    updateHealthFlag();
  }

  double latencyNanos() {
    return latencyNanos;
  }

  double failureRate() {
    return failureRate;
  }

  int consecutiveFailures() {
    return consecutiveFailures;
  }

  /** Up at once, down slowly. */
  @GuardedBy("this")
  private void observe(double nanos, long nowNanos) {
    double before = latencyNanos;
    if (before == 0 || nanos > before) {
      latencyNanos = nanos;
    } else {
      double kept = Math.exp(-Math.max(0, nowNanos - observedAt) / DECAY_NANOS);
      latencyNanos = before * kept + nanos * (1 - kept);
    }
    observedAt = nowNanos;
  }

  /** A call that gave no answer in this time says that an answer takes longer. */
  @GuardedBy("this")
  private void observeAtLeast(double nanos, long nowNanos) {
    if (nanos > latencyNanos) {
      latencyNanos = nanos;
    }
    observedAt = nowNanos;
  }
}
