package io.fairlead.server.internal.admission;

/**
 * What was seen lately under one limit: latencies, and calls at once.
 *
 * <p>Older cohorts count less and less. The highest number of calls at once is that of the recent
 * ones alone. Cleared when the limit changes. Guarded by the lock of {@link
 * AdaptiveConcurrencyLimit}.
 */
final class LimitSample {
  private static final int MEMORY = 512;

  private double calls;
  private double perQuartile;
  private double inFlight;
  private int highest;

  void add(LatencyCohort latencyCohort, double quartile) {
    if (calls > MEMORY) {
      calls /= 2;
      perQuartile /= 2;
      inFlight /= 2;
      highest = 0;
    }
    calls += latencyCohort.calls();
    perQuartile += latencyCohort.calls() / quartile;
    inFlight += latencyCohort.calls() * latencyCohort.inFlight();
    highest = Math.max(highest, latencyCohort.highest());
  }

  double calls() {
    return calls;
  }

  /**
   * Returns the harmonic mean: where a few calls are fast, the lower quartile of some is a slow
   * call.
   */
  double quartile() {
    return calls / perQuartile;
  }

  /** Returns the mean of the calls at once. */
  double inFlight() {
    return inFlight / calls;
  }

  /** Returns the most calls at once. */
  int highest() {
    return highest;
  }

  void clear() {
    calls = 0;
    perQuartile = 0;
    inFlight = 0;
    highest = 0;
  }
}
