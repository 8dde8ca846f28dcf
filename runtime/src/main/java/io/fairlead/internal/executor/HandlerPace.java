package io.fairlead.internal.executor;

/**
 * How long the handler of one method runs, as far as it is known: whether calls of it may follow
 * each other on one thread, or each needs a thread of its own because it is likely to wait.
 *
 * <p>A method counts as slow until it has shown otherwise, and again when more than one run in
 * fifty is long. Read and written by many threads without a lock: an update that is lost now and
 * then changes nothing that matters.
 */
public final class HandlerPace {
  /** A run that is longer has probably waited for something. */
  static final int LONG_NANOS = 100_000;

  /** The average above which a handler gets a thread of its own. */
  static final int BRIEF_NANOS = 20_000;

  private static final int DOUBT_OF_A_LONG_RUN = 50;
  private static final int BEARABLE_DOUBT = 2 * DOUBT_OF_A_LONG_RUN;
  private static final int MOST_DOUBT = 4 * DOUBT_OF_A_LONG_RUN;

  /** Rises with each long run, falls by one with each other run. */
  private int doubt = MOST_DOUBT;

  private int averageNanos;

  /** Notes a run. */
  public void record(long nanos) {
    int known = doubt;
    if (nanos > LONG_NANOS) {
      doubt = Math.min(MOST_DOUBT, known + DOUBT_OF_A_LONG_RUN);
      return;
    }
    if (known > 0) {
      doubt = known - 1;
    }
    int average = averageNanos;
    averageNanos = average + ((int) nanos - average) / 8;
  }

  /** Returns whether the next run is expected to be over before another thread would be awake. */
  boolean isBrief() {
    return doubt < BEARABLE_DOUBT && averageNanos < BRIEF_NANOS;
  }

  /** Returns the moving average of the runs that were not long. */
  int averageNanos() {
    return averageNanos;
  }
}
