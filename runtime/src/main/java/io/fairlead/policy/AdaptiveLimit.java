package io.fairlead.policy;

/**
 * Finds the number of calls at once beyond which a method's quick calls have to wait.
 *
 * <p>A call is quick if it takes little more than the lower quartile of the method's latencies does
 * when there is room, the floor. Then a certain share of all calls is quick, however the latencies
 * are spread, and the share falls as soon as calls wait. So the limit is tried out: it grows by a
 * step, and the calls that begin in the new places show whether as many of them are quick as usual.
 * If so it goes on growing, in larger and larger steps; if not, the step is taken back. The highest
 * tenth of the places stays under watch afterwards, and the others too.
 *
 * <p>A step too far makes some quick calls wait, however soon it is taken back. So the next one has
 * to be earned, by many quick calls for each one that was spoilt: that bounds the part of the quick
 * calls that such steps may spoil, whatever the rates and the mix are.
 *
 * <p>What is usual is learned where there is room, by a probe: for a moment the limit is half of
 * what is in use, and half of that again as long as it makes calls quicker. If some steps back help
 * nobody, then not the load is to blame: the method itself became slower, and what is usual is
 * learned anew.
 *
 * <p>Safe for use by many threads.
 */
public final class AdaptiveLimit {
  private static final double ENOUGH_TO_GROW = 4;
  private static final double ENOUGH_TO_TAKE_BACK = 3;

  /** More than for a step: the highest places are judged again and again, and rarely wrongly. */
  private static final double ENOUGH_TO_SHRINK = 12;

  /** Quick calls that pay for one that was spoilt: well under one in a hundred is spoilt. */
  private static final double PRICE = 250;

  /** Of a step back: a limit far too high at the start must not be paid for all day. */
  private static final double MOST_TO_PAY_FOR = 20;

  private static final double SHRINK = 0.9;
  private static final double LARGEST_STEP = 0.5;
  private static final int STEPS_BACK_UNTIL_IN_VAIN = 4;
  private static final double HELPED = 0.85;
  private static final double QUICKER = 0.7;
  private static final int ENOUGH = 16;
  private static final int ENOUGH_TO_LEARN = 128;
  private static final int REMEMBERED = 256;
  private static final long WINDOWS_BETWEEN_PROBES = 1_000;

  /** Where slow calls hold the places a probe takes long, so the next one comes later. */
  private static final int PAUSE_AFTER_PROBE = 50;

  private static final long MOST_WINDOWS_BETWEEN_PROBES = 500_000;

  private static final long WINDOWS_WITHOUT_AN_END = 3_000;

  private final AdaptiveLimitPolicy policy;
  private final long windowNanos;
  private final Cohort cohort;

  /** The lower quartile where there is room; 0 until it is known. */
  private double floor;

  /** The share of calls that is quick where there is room. */
  private double usual;

  /** Calls that these were learned from. */
  private int known;

  /** Of the calls that began above the proven places, and of the others. */
  private final Evidence top = new Evidence();

  private final Evidence rest = new Evidence();
  private final Tally seen = new Tally();
  private int proven;
  private boolean onTrial;
  private double step;

  private long quickCalls;
  private double due;

  private int stepsBack;
  private int limitBefore;
  private double quartileBefore;

  private boolean probing;
  private long probeBegan;
  private boolean nothingEnds;
  private long refusedSince;
  private long nextProbe = Long.MIN_VALUE;
  private boolean seemedQuicker;
  private long nextIfQuicker = Long.MIN_VALUE;

  private volatile int limit;

  public AdaptiveLimit(AdaptiveLimitPolicy policy) {
    this.policy = policy;
    this.windowNanos = policy.window().toNanos();
    this.cohort = new Cohort(windowNanos, ENOUGH);
    this.limit = policy.initial();
    this.step = Math.max(1, limit * LARGEST_STEP);
    this.proven = belowTheTop();
  }

  /** Calls at once, now. */
  public int limit() {
    return limit;
  }

  /**
   * Takes note of a call that begins.
   *
   * @param now in nanoseconds, of a clock that only goes forward
   * @param inFlight the calls at once, itself included
   * @return to be given back when it ends
   */
  public int begin(long now, int inFlight) {
    return cohort.isOpen() ? count(now, inFlight) : 0;
  }

  private synchronized int count(long now, int inFlight) {
    return cohort.isOpen() ? cohort.begin(now, inFlight, inFlight > proven) : 0;
  }

  /**
   * Takes note of a call that ended.
   *
   * @param answered else it was cancelled, and nobody knows how long it would have taken
   */
  public synchronized void end(int ticket, long now, long latencyNanos, boolean answered) {
    nothingEnds = false;
    double patience = floor * policy.tolerance();
    quickCalls += answered && latencyNanos <= patience ? 1 : 0;
    cohort.end(ticket, latencyNanos, answered, patience);
    if (cohort.isComplete(now, floor, patience)) {
      judge(now);
      cohort.open(probing ? ENOUGH_TO_LEARN : ENOUGH);
    }
  }

  /**
   * Takes note of a call that found no place. Where nothing ends for long, calls that never end
   * hold the places: then one more is let in, to see whether they are alone in that.
   *
   * @param inFlight the calls at once
   */
  public synchronized void refused(long now, int inFlight) {
    if (!nothingEnds) {
      nothingEnds = true;
      refusedSince = now;
    }
    if (now - refusedSince <= WINDOWS_WITHOUT_AN_END * windowNanos) {
      return;
    }
    nothingEnds = false;
    if (probing) {
      endProbe(now);
    }
    if (limit <= inFlight) {
      moveTo(Math.min(policy.max(), inFlight + 1));
    }
    cohort.open(ENOUGH);
  }

  private void judge(long now) {
    double quartile = cohort.lowerQuartile(now);
    if (floor == 0) {
      if (cohort.isMeasured()) {
        learn(quartile);
        known = 0; // it may have been learned under load
      }
      return;
    }
    if (probing) {
      goOnProbing(now, quartile);
      return;
    }
    seen.add(cohort, quartile);
    top.add(cohort.callsOnTop(), cohort.quickOnTop(), usual);
    rest.add(cohort.calls() - cohort.callsOnTop(), cohort.quick() - cohort.quickOnTop(), usual);
    if (onTrial && top.score() <= -ENOUGH_TO_TAKE_BACK) {
      owe(top.missed());
      moveTo(proven);
    } else if (Math.min(top.score(), rest.score()) <= -ENOUGH_TO_SHRINK) {
      stepBack(now);
    } else if (isQuicker() && now >= nextIfQuicker) {
      seemedQuicker = true;
      probe(now, settled());
    } else if (top.score() >= ENOUGH_TO_GROW) {
      stepsBack = 0;
      growOrProbe(now);
    } else if (rest.score() >= ENOUGH_TO_SHRINK) {
      rest.clear();
      if (top.isEmpty()) {
        stepsBack = 0;
      }
    }
  }

  /** The method itself, it seems; by chance too, so that is not followed up without end. */
  private boolean isQuicker() {
    return seen.calls() >= ENOUGH_TO_LEARN && seen.quartile() < floor * QUICKER;
  }

  private void growOrProbe(long now) {
    if (onTrial) {
      step = Math.min(Math.max(1, limit * LARGEST_STEP), step * 2);
    }
    onTrial = false;
    if (now >= nextProbe) {
      probe(now, settled());
    } else if (limit < policy.max() && quickCalls >= due) {
      int good = limit;
      moveTo((int) Math.min(policy.max(), good + step));
      proven = good;
      onTrial = true;
    } else {
      proven = belowTheTop();
      top.clear();
    }
  }

  /** The limit, without a step that is not judged yet. */
  private int settled() {
    return onTrial ? proven : limit;
  }

  private void probe(long now, int limitAfterwards) {
    probing = true;
    probeBegan = now;
    limitBefore = limitAfterwards;
    quartileBefore = seen.quartile();
    halve(seen.inFlight());
  }

  /** From what is in use: if half of that makes nothing quicker, then nothing waited before. */
  private void halve(double inFlight) {
    moveTo((int) Math.max(policy.min(), Math.min(limit, inFlight) / 2));
  }

  private void goOnProbing(long now, double quartile) {
    if (quartile < quartileBefore * HELPED && limit > policy.min()) {
      quartileBefore = quartile;
      halve(cohort.inFlight());
      return;
    }
    if (cohort.isMeasured()) {
      learn(quartile);
    }
    endProbe(now);
  }

  private void endProbe(long now) {
    probing = false;
    stepsBack = 0;
    long pause =
        Math.max(WINDOWS_BETWEEN_PROBES * windowNanos, PAUSE_AFTER_PROBE * (now - probeBegan));
    nextProbe = now + Math.min(pause, MOST_WINDOWS_BETWEEN_PROBES * windowNanos);
    if (seemedQuicker) {
      seemedQuicker = false;
      nextIfQuicker = nextProbe;
    }
    moveTo(limitBefore);
  }

  /** A mean over some probes, as long as they differ by chance only. */
  private void learn(double quartile) {
    double tolerance = policy.tolerance();
    if (quartile > floor * tolerance || quartile * tolerance < floor) {
      known = 0;
    }
    double weight = (double) cohort.calls() / (cohort.calls() + known);
    floor += (quartile - floor) * weight;
    usual += (cohort.within(quartile * tolerance) - usual) * weight;
    known = Math.min(REMEMBERED, known + cohort.calls());
  }

  private void stepBack(long now) {
    double quartile = seen.quartile();
    if (seen.highest() <= policy.min()) {
      // No limit could be lower, so it is not the load.
      known = 0;
      learn(quartile);
      moveTo(limit);
      return;
    }
    owe(Math.min(MOST_TO_PAY_FOR, Math.max(top.missed(), rest.missed())));
    if (stepsBack == 0) {
      limitBefore = settled();
    }
    if (stepsBack == 0 || quartile > quartileBefore / HELPED) {
      quartileBefore = quartile;
      stepsBack = 0;
    } else if (stepsBack >= STEPS_BACK_UNTIL_IN_VAIN) {
      if (quartile > quartileBefore * HELPED) {
        floor = quartile;
        known = 0;
        probe(now, limitBefore);
        return;
      }
      quartileBefore = quartile;
      limitBefore = limit;
      stepsBack = 0;
    }
    stepsBack++;
    moveTo(oneStepBelow(seen.highest()));
  }

  /** From what is in use: to take away places that are empty would help nobody. */
  private int oneStepBelow(int used) {
    int from = Math.min(limit, used);
    return Math.max(policy.min(), Math.min(from - 1, (int) Math.ceil(from * SHRINK)));
  }

  private void moveTo(int newLimit) {
    if (newLimit <= limit) {
      step = 1;
    }
    limit = newLimit;
    onTrial = false;
    proven = belowTheTop();
    top.clear();
    rest.clear();
    seen.clear();
  }

  private int belowTheTop() {
    return limit - Math.max(1, limit / 10);
  }

  private void owe(double spoilt) {
    due = quickCalls + PRICE * Math.max(1, spoilt);
  }
}
