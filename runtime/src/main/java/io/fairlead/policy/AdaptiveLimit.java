package io.fairlead.policy;

import java.util.Arrays;

/**
 * Finds the number of calls at once beyond which a method only gets slower.
 *
 * <p>It looks at the quick calls: in each window of time it takes the lower quartile of the
 * latencies, and compares it with the lowest one it has known, the floor. Waiting for a thread or a
 * core makes the quick calls slower too, and relatively the most, while long calls, however many,
 * say nothing about waiting; so quick and slow calls may be mixed. While the quartile stays near
 * the floor and the limit is in use, the limit grows; above it, the limit shrinks by a tenth. After
 * that it grows by little at first, and the faster the longer nothing got slower: how far it goes
 * beyond the knee decides how long the slowest of the quick calls wait.
 *
 * <p>Two more rules keep the floor honest. If shrinking did not make the quick calls quicker, then
 * not the load is to blame: the method itself became slower, and the floor is learned anew. And now
 * and then the limit steps back for a window, to see whether the floor was learned under load.
 *
 * <p>Safe for use by many threads.
 */
public final class AdaptiveLimit {
  private static final int SAMPLES = 512;
  private static final int ENOUGH = 16;
  private static final double SHRINK = 0.9;
  private static final double ACCELERATION = 0.0002;
  private static final double LARGEST_STEP = 0.02;
  private static final double STEP_BACK = 0.75;
  private static final int WINDOWS_BETWEEN_STEPS_BACK = 1_000;

  private final AdaptiveLimitPolicy policy;
  private final long windowNanos;

  private final long[] samples = new long[SAMPLES];
  private int count;
  private boolean inUse;
  private boolean started;
  private long windowStart;

  private double exact;
  private double floor;
  private boolean growsFast = true;
  private int calmWindows;
  private int windowsUntilStepBack = WINDOWS_BETWEEN_STEPS_BACK;
  private double beforeStepBack;
  private double shrinkingSince;
  private double quartileThen;

  private volatile int limit;

  public AdaptiveLimit(AdaptiveLimitPolicy policy) {
    this.policy = policy;
    this.windowNanos = policy.window().toNanos();
    this.exact = policy.initial();
    this.limit = policy.initial();
  }

  /** Calls at once, now. */
  public int limit() {
    return limit;
  }

  /**
   * Takes note of a call that ended.
   *
   * @param now in nanoseconds, of a clock that only goes forward
   * @param inFlight the calls at once when it began, itself included
   */
  public synchronized void sample(long now, long latencyNanos, int inFlight) {
    if (!started) {
      started = true;
      windowStart = now;
    }
    samples[count++ % SAMPLES] = Math.max(1, latencyNanos);
    inUse |= inFlight >= limit;
    if (now - windowStart >= windowNanos && count >= ENOUGH) {
      endWindow(lowerQuartile());
      limit = (int) Math.round(exact);
      count = 0;
      inUse = false;
      windowStart = now;
    }
  }

  private double lowerQuartile() {
    int size = Math.min(count, SAMPLES);
    Arrays.sort(samples, 0, size);
    return samples[size / 4];
  }

  private void endWindow(double quartile) {
    floor = floor == 0 ? quartile : Math.min(floor, quartile);
    if (beforeStepBack > 0) {
      // What was seen in the window after a step back has lowered the floor if it was too high.
      exact = beforeStepBack;
      beforeStepBack = 0;
    } else if (quartile > floor * policy.tolerance()) {
      shrink(quartile);
    } else {
      shrinkingSince = 0;
      if (inUse) {
        growOrStepBack();
      }
    }
    exact = Math.max(policy.min(), Math.min(policy.max(), exact));
  }

  private void shrink(double quartile) {
    growsFast = false;
    calmWindows = 0;
    if (shrinkingSince == 0) {
      shrinkingSince = exact;
      quartileThen = quartile;
    }
    boolean shrunkEnoughToTell = exact <= shrinkingSince * 0.7 || exact <= policy.min();
    if (shrunkEnoughToTell && quartile > quartileThen * 0.85) {
      floor = quartile;
      exact = shrinkingSince;
      shrinkingSince = 0;
      return;
    }
    exact *= SHRINK;
  }

  private void growOrStepBack() {
    if (--windowsUntilStepBack <= 0) {
      windowsUntilStepBack = WINDOWS_BETWEEN_STEPS_BACK;
      beforeStepBack = exact;
      exact *= STEP_BACK;
    } else {
      calmWindows++;
      exact += exact * (growsFast ? 0.5 : Math.min(LARGEST_STEP, ACCELERATION * calmWindows));
    }
  }
}
