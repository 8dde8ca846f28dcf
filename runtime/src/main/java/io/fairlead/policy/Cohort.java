package io.fairlead.policy;

import java.util.Arrays;

/**
 * The calls that begin in one stretch of time. It is judged when each of them has either ended or
 * taken too long to be a quick one: calls that end together would say less, as the quick ones of
 * those that began together end first. Not safe for use by several threads.
 */
final class Cohort {
  private static final int MOST = 512;

  private final long windowNanos;
  private final long[] latencies = new long[MOST];
  private int number;
  private int begun;
  private int begunOnTop;
  private int ended;
  private int quick;
  private int quickOnTop;
  private long inFlight;
  private int highest;
  private int enough;
  private long opened;
  private long closed;
  private boolean open;
  private boolean waiting;

  Cohort(long windowNanos) {
    this.windowNanos = windowNanos;
  }

  /**
   * @param calls at least so many
   */
  void open(long now, int calls) {
    number = number == Integer.MAX_VALUE / 2 ? 1 : number + 1;
    begun = 0;
    begunOnTop = 0;
    ended = 0;
    quick = 0;
    quickOnTop = 0;
    inFlight = 0;
    highest = 0;
    enough = calls;
    opened = now;
    open = true;
    waiting = false;
  }

  boolean isOpen() {
    return open;
  }

  /**
   * Takes one in.
   *
   * @return what {@link #end} wants to know of the call
   */
  int begin(int now, boolean onTop) {
    begun++;
    begunOnTop += onTop ? 1 : 0;
    inFlight += now;
    highest = Math.max(highest, now);
    open = begun < MOST;
    return number * 2 + (onTop ? 1 : 0);
  }

  /**
   * @param patience above which a call is not quick
   */
  void end(int ticket, long latency, double patience) {
    if (ticket / 2 != number) {
      return;
    }
    latencies[ended++] = Math.max(1, latency);
    if (latency <= patience) {
      quick++;
      quickOnTop += ticket % 2;
    }
  }

  /**
   * @param floor what is known to be the lower quartile, or 0
   */
  boolean isComplete(long now, double floor, double patience) {
    if (open && (begun < enough || now - opened < Math.max((double) windowNanos, floor))) {
      return false;
    }
    open = false;
    if (!waiting) {
      waiting = true;
      closed = now;
    }
    return now - closed >= patience && ended > begun / 4;
  }

  /** Of all, also of those that have not ended. */
  double lowerQuartile() {
    Arrays.sort(latencies, 0, ended);
    return latencies[begun / 4];
  }

  double within(double nanos) {
    int within = 0;
    for (int i = 0; i < ended; i++) {
      within += latencies[i] <= nanos ? 1 : 0;
    }
    return (double) within / begun;
  }

  int calls() {
    return begun;
  }

  int quick() {
    return quick;
  }

  int callsOnTop() {
    return begunOnTop;
  }

  int quickOnTop() {
    return quickOnTop;
  }

  /** The mean of the calls at once when one of these began. */
  double inFlight() {
    return (double) inFlight / begun;
  }

  /** The most calls at once when one of these began. */
  int highest() {
    return highest;
  }
}
