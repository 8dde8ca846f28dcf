package io.fairlead.balance;

/** The live figures of one endpoint: written by calls as they start and end, read by picks. */
final class LoadStats {
  /** How fast the latency estimate comes down again. */
  private static final double DECAY_NANOS = 10e9;

  /** The weight of one call in the share of failures. */
  private static final double FAILURE_STEP = 0.1;

  /** What an idle second leaves of the share of failures, so that the endpoint is tried again. */
  private static final double FAILURE_KEPT_PER_SECOND = 0.9;

  private final MemberView counter;
  private volatile double share = 1;
  private volatile double latencyNanos;
  private volatile double failureShare;
  private volatile int consecutiveFaults;
  private long observedAt;
  // Of the current interval; plain fields, as each call counts in them.
  private long answered;
  private long faults;
  private long timed;
  private double latencySum;

  /** What one interval of the outlier detector saw. */
  record Window(long answered, long faults, long timed, double latencySum) {
    long total() {
      return answered + faults;
    }

    /** Mean latency of the answered calls, or 0 without any. */
    double meanLatency() {
      return timed == 0 ? 0 : latencySum / timed;
    }
  }

  /**
   * Of an endpoint that nobody has called yet.
   *
   * @param counter where calls in flight are counted, within reach of picks
   */
  LoadStats(MemberView counter) {
    this.counter = counter;
  }

  void started() {
    counter.count(1);
  }

  void left() {
    counter.count(-1);
  }

  /**
   * Takes in the end of a call.
   *
   * @param elapsedNanos how long it took; negative if that says nothing, as for a stream
   */
  synchronized void ended(Verdict verdict, long elapsedNanos, long nowNanos) {
    switch (verdict) {
      case ANSWERED -> {
        // Mostly both are zero, and a volatile store is dear.
        if (consecutiveFaults != 0) {
          consecutiveFaults = 0;
        }
        if (failureShare != 0) {
          failureShare -= failureShare * FAILURE_STEP;
        }
        answered++;
        if (elapsedNanos >= 0) {
          timed++;
          latencySum += elapsedNanos;
          observe((double) elapsedNanos, nowNanos);
        }
      }
      case FAULT -> {
        consecutiveFaults++;
        failureShare += (1 - failureShare) * FAILURE_STEP;
        faults++;
        observeAtLeast((double) elapsedNanos, nowNanos);
      }
      case OVERTAKEN -> {
        // No failure: where a hedge comes early, ordinary calls are overtaken now and then.
        consecutiveFaults++;
        observeAtLeast((double) elapsedNanos, nowNanos);
      }
      case UNKNOWN -> observeAtLeast((double) elapsedNanos, nowNanos);
    }
    judge();
  }

  /** Called about every second: an idle endpoint's bad past fades, so that it is tried again. */
  synchronized void fade(long elapsedNanos, long nowNanos) {
    if (nowNanos - observedAt < elapsedNanos) {
      return;
    }
    double seconds = elapsedNanos / 1e9;
    latencyNanos *= Math.exp(-elapsedNanos / DECAY_NANOS);
    failureShare *= Math.pow(FAILURE_KEPT_PER_SECOND, seconds);
    judge();
  }

  /** Returns what was counted since the last call of this method. */
  synchronized Window takeWindow() {
    Window taken = new Window(answered, faults, timed, latencySum);
    clearWindow();
    return taken;
  }

  /** Forgets the past, as for an endpoint that returns from ejection. */
  synchronized void forgive() {
    consecutiveFaults = 0;
    clearWindow();
  }

  private void clearWindow() {
    answered = 0;
    faults = 0;
    timed = 0;
    latencySum = 0;
  }

  private void judge() {
    counter.troubled(share < 1 || failureShare > Compare.NOISE);
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
    judge();
  }

  double latencyNanos() {
    return latencyNanos;
  }

  double failureShare() {
    return failureShare;
  }

  int consecutiveFaults() {
    return consecutiveFaults;
  }

  /** Up at once, down slowly. */
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
  private void observeAtLeast(double nanos, long nowNanos) {
    if (nanos > latencyNanos) {
      latencyNanos = nanos;
    }
    observedAt = nowNanos;
  }
}
