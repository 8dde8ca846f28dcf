package io.fairlead.server.internal.admission;

import java.util.Arrays;

/**
 * The calls that begin in one stretch of time, with how long they took.
 *
 * <p>It is judged when each of them has either ended or taken too long to be a fast one. A group of
 * calls that end together would mislead, as the fast ones of those that began together end first.
 *
 * <p>A call is told to which cohort it belongs by a ticket: the number of the cohort, whether the
 * call ran above the proven limit, whether its latency is kept. So nothing is allocated for a call.
 * But for {@link #isOpen}, the lock of {@link AdaptiveConcurrencyLimit} guards it.
 */
final class LatencyCohort {
  private static final int MAX_SAMPLES = 512;

  private final long windowNanos;
  private final long[] latencies = new long[MAX_SAMPLES];

  /** Tells calls of this cohort from those of earlier ones that end late. */
  private int number;

  private int minCalls;

  /** Read without the lock by each call that begins: most find it closed. */
  private volatile boolean open = true;

  /** Whether the cohort takes no more calls and waits for those that it has. */
  private boolean waiting;

  private long opened;
  private long closed;

  private int begun;

  /** Calls that began above the proven limit; they judge the last step. */
  private int begunInTop;

  private long inFlight;
  private int highest;
  private int completed;

  /** Calls whose latency was kept; at most {@link #MAX_SAMPLES}. */
  private int measured;

  private int fastCalls;
  private int fastCallsInTop;

  /**
   * @param calls at least so many
   * @param first the number of the first cohort
   */
  LatencyCohort(long windowNanos, int calls, int first) {
    this.windowNanos = windowNanos;
    this.number = first;
    this.minCalls = calls;
  }

  /** Begins anew. */
  void open(int calls) {
    number = number == Integer.MAX_VALUE / 4 ? 1 : number + 1;
    minCalls = calls;
    begun = 0;
    begunInTop = 0;
    inFlight = 0;
    highest = 0;
    completed = 0;
    measured = 0;
    fastCalls = 0;
    fastCallsInTop = 0;
    waiting = false;
    open = true;
  }

  int number() {
    return number;
  }

  boolean isOpen() {
    return open;
  }

  /**
   * Takes one in.
   *
   * @return what {@link #end} wants to know of the call
   */
  int begin(long now, int callsAtOnce, boolean onTop) {
    if (begun == 0) {
      opened = now;
    }
    begun++;
    begunInTop += onTop ? 1 : 0;
    inFlight += callsAtOnce;
    highest = Math.max(highest, callsAtOnce);
    return number * 4 + (onTop ? 2 : 0) + (begun <= MAX_SAMPLES ? 1 : 0);
  }

  /**
   * @param answered else it was cancelled, and nobody knows how long it would have taken
   * @param patience above which a call is not fast
   */
  void end(int ticket, long latency, boolean answered, double patience) {
    if (ticket / 4 != number) {
      return;
    }
    completed++;
    if (!answered) {
      return;
    }
    if (ticket % 2 == 1) {
      latencies[measured++] = Math.max(1, latency);
    }
    if (latency <= patience) {
      fastCalls++;
      fastCallsInTop += ticket / 2 % 2;
    }
  }

  /**
   * @param floor what is known to be the lower quartile, or 0
   */
  boolean isComplete(long now, double floor, double patience) {
    long age = now - opened;
    if (open && (begun < minCalls || age < windowNanos || (begun < MAX_SAMPLES && age < floor))) {
      return false;
    }
    open = false;
    if (!waiting) {
      waiting = true;
      closed = now;
    }
    return completed == begun || (floor == 0 ? isMeasured() : now - closed >= patience);
  }

  /** Returns whether enough have ended to know the quartile. */
  boolean isMeasured() {
    return measured > Math.min(begun, MAX_SAMPLES) / 4;
  }

  /**
   * Returns the quartile of all calls, also of those that have not ended; at least what it must be.
   */
  double lowerQuartile(long now) {
    if (!isMeasured()) {
      return now - opened;
    }
    Arrays.sort(latencies, 0, measured);
    return latencies[Math.min(begun, MAX_SAMPLES) / 4];
  }

  double shareWithin(double nanos) {
    int within = 0;
    for (int i = 0; i < measured; i++) {
      within += latencies[i] <= nanos ? 1 : 0;
    }
    return (double) within / Math.min(begun, MAX_SAMPLES);
  }

  int calls() {
    return begun;
  }

  int fastCalls() {
    return fastCalls;
  }

  int callsInTop() {
    return begunInTop;
  }

  int fastCallsInTop() {
    return fastCallsInTop;
  }

  /** Returns the mean of the calls at once when one of these began. */
  double inFlight() {
    return (double) inFlight / begun;
  }

  /** Returns the most calls at once when one of these began. */
  int highest() {
    return highest;
  }
}
