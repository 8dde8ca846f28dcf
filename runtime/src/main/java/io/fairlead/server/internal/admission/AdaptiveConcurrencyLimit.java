package io.fairlead.server.internal.admission;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.policy.AdaptiveLimitPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Finds the concurrency at which a method's fast calls start to queue.
 *
 * <p>A call is fast if it takes little more than the lower quartile of the method's latencies does
 * when there is room; that quartile is the baseline. Then a certain share of all calls is fast,
 * however the latencies are spread, and the share falls as soon as calls wait. So the limit is
 * tried out: it grows by a step, and the calls that begin under the new permits show whether as
 * many of them are fast as usual. If so, it continues to grow, in larger and larger steps. If not,
 * the step is taken back. The highest tenth of the permits stays under observation afterwards, and
 * so do the others.
 *
 * <p>A step too far delays some fast calls, however soon it is taken back. So the next one must be
 * earned, by many fast calls for each delayed one. That bounds the share of fast calls that such
 * steps can delay, whatever the rates and the mix are.
 *
 * <p>The usual share is learned where there is room, by a probe: for a moment the limit is half of
 * the calls in use, and half of that again as long as calls become faster. If some steps back do
 * not help, the load is not the cause: the method itself became slower, and the usual share is
 * learned again.
 *
 * <p>Safe for use by many threads. The start of a call takes the lock only while its latencies are
 * being sampled; each end takes it. The limit itself is read without it.
 */
final class AdaptiveConcurrencyLimit {
  private static final double INCREASE_SCORE = 4;
  private static final double REVERT_SCORE = 3;

  /** More than for a step: the permits are judged again and again, which must rarely be wrong. */
  private static final double DECREASE_SCORE = 12;

  /** Fast calls that pay for a delayed one, so that well under one in a hundred is delayed. */
  private static final double FAST_CALLS_PER_DELAYED_CALL = 250;

  /** Caps the cost charged for one decrease, so that a bad initial limit is soon forgotten. */
  private static final double MAX_DELAYED_CALLS_CHARGED = 20;

  private static final double DECREASE_FACTOR = 0.9;
  private static final double MAX_STEP_RATIO = 0.5;
  private static final int MAX_DECREASES_WITHOUT_EFFECT = 4;
  private static final double LATENCY_IMPROVED_RATIO = 0.85;
  private static final double METHOD_FASTER_RATIO = 0.7;
  private static final int MIN_CALLS = 16;
  private static final int MIN_CALLS_TO_LEARN = 128;
  private static final int MAX_BASELINE_CALLS = 256;
  private static final long WINDOWS_BETWEEN_PROBES = 1_000;

  /** Where slow calls hold the permits a probe takes long, so the next one comes later. */
  private static final int PROBE_BACKOFF_FACTOR = 50;

  private static final long MAX_WINDOWS_BETWEEN_PROBES = 500_000;

  private static final long STALL_WINDOWS = 3_000;

  private final AdaptiveLimitPolicy policy;
  private final long windowNanos;
  private final LatencyCohort latencyCohort;

  /** The lower quartile where there is room; 0 until it is known. */
  @GuardedBy("this")
  private double baselineLatency;

  /** The share of calls that is fast where there is room. */
  @GuardedBy("this")
  private double baselineFastShare;

  /** Calls that these were learned from. */
  @GuardedBy("this")
  private int baselineCalls;

  /** Of the calls that began above the proven permits, and of the others. */
  private final SequentialTest topTest = new SequentialTest();

  private final SequentialTest restTest = new SequentialTest();

  /** What was seen under the present limit; cleared when that changes. */
  private final LimitSample sample = new LimitSample();

  /**
   * The permits below this are known to be good; calls above it are on trial or under observation.
   */
  @GuardedBy("this")
  private int provenLimit;

  /** Whether the limit was raised and the rise is not judged yet. */
  @GuardedBy("this")
  private boolean increaseOnTrial;

  @GuardedBy("this")
  private double step;

  /** Fast calls so far, the currency in which steps are paid. */
  @GuardedBy("this")
  private long fastCalls;

  /** The number of fast calls that allows the next step. */
  @GuardedBy("this")
  private double nextIncreaseAt;

  /** Decreases in a row, to see whether they help at all. */
  @GuardedBy("this")
  private int decreases;

  /** The limit to return to after a probe, or when decreases did not help. */
  @GuardedBy("this")
  private int limitBefore;

  /** The lower quartile before the last change, which the present one is compared with. */
  @GuardedBy("this")
  private double quartileBefore;

  /** Whether the limit is low for a moment, to learn what is usual. */
  @GuardedBy("this")
  private boolean probing;

  @GuardedBy("this")
  private long probeBegan;

  /** Whether calls were rejected and none has ended since. */
  @GuardedBy("this")
  private boolean noCompletions;

  @GuardedBy("this")
  private long rejectedSince;

  @GuardedBy("this")
  private long nextProbe = Long.MIN_VALUE;

  @GuardedBy("this")
  private boolean methodSeemedFaster;

  @GuardedBy("this")
  private long nextFasterProbe = Long.MIN_VALUE;

  /** Read for each call without the lock. */
  private volatile int limit;

  AdaptiveConcurrencyLimit(AdaptiveLimitPolicy policy) {
    this(policy, policy.initial(), null);
  }

  /**
   * Begins while the server runs.
   *
   * @param calls at once so far; there is room for as many from the start
   * @param before that it replaces; calls that began under that one end here, and do not count
   */
  AdaptiveConcurrencyLimit(
      AdaptiveLimitPolicy policy, int calls, @Nullable AdaptiveConcurrencyLimit before) {
    this.policy = policy;
    this.windowNanos = policy.window().toNanos();
    this.latencyCohort =
        new LatencyCohort(windowNanos, MIN_CALLS, before == null ? 1 : before.nextCohort());
    int least = before == null ? policy.initial() : policy.min();
    this.limit = Math.min(policy.max(), Math.max(least, calls));
    this.step = Math.max(1, limit * MAX_STEP_RATIO);
    this.provenLimit = belowTopTenth();
  }

  private synchronized int nextCohort() {
    return latencyCohort.number() + 1;
  }

  /** Returns this, or one with another policy that goes on from the present limit. */
  AdaptiveConcurrencyLimit with(AdaptiveLimitPolicy other) {
    return policy.equals(other) ? this : new AdaptiveConcurrencyLimit(other, limit, this);
  }

  /** Calls at once, now. */
  int limit() {
    return limit;
  }

  /**
   * Takes note of a call that begins.
   *
   * @param now in nanoseconds, of a clock that only goes forward
   * @param inFlight the calls at once, itself included
   * @return to be given back when it ends
   */
  int begin(long now, int inFlight) {
    return latencyCohort.isOpen() ? count(now, inFlight) : 0;
  }

  private synchronized int count(long now, int inFlight) {
    return latencyCohort.isOpen() ? latencyCohort.begin(now, inFlight, inFlight > provenLimit) : 0;
  }

  /**
   * Takes note of a call that ended.
   *
   * @param answered else it was cancelled, and nobody knows how long it would have taken
   */
  synchronized void end(int ticket, long now, long latencyNanos, boolean answered) {
    noCompletions = false;
    double patience = baselineLatency * policy.tolerance();
    fastCalls += answered && latencyNanos <= patience ? 1 : 0;
    latencyCohort.end(ticket, latencyNanos, answered, patience);
    if (latencyCohort.isComplete(now, baselineLatency, patience)) {
      evaluate(now);
      latencyCohort.open(probing ? MIN_CALLS_TO_LEARN : MIN_CALLS);
    }
  }

  /**
   * Takes note of a call that got no permit. Where nothing ends for long, calls that never end hold
   * the permits: then one more is let in, to see whether they are alone in that.
   *
   * @param inFlight the calls at once
   */
  synchronized void onRejected(long now, int inFlight) {
    if (!noCompletions) {
      noCompletions = true;
      rejectedSince = now;
    }
    if (now - rejectedSince <= STALL_WINDOWS * windowNanos) {
      return;
    }
    noCompletions = false;
    if (probing) {
      endProbe(now);
    }
    if (limit <= inFlight) {
      setLimit(Math.min(policy.max(), inFlight + 1));
    }
    latencyCohort.open(MIN_CALLS);
  }

  /** Judges a complete cohort, and moves the limit if the tests say so. */
  @GuardedBy("this")
  private void evaluate(long now) {
    double quartile = latencyCohort.lowerQuartile(now);
    if (baselineLatency == 0) {
      if (latencyCohort.isMeasured()) {
        learn(quartile);
        baselineCalls = 0; // it may have been learned under load
      }
      return;
    }
    if (probing) {
      continueProbe(now, quartile);
      return;
    }
    sample.add(latencyCohort, quartile);
    topTest.add(latencyCohort.callsInTop(), latencyCohort.fastCallsInTop(), baselineFastShare);
    restTest.add(
        latencyCohort.calls() - latencyCohort.callsInTop(),
        latencyCohort.fastCalls() - latencyCohort.fastCallsInTop(),
        baselineFastShare);
    if (increaseOnTrial && topTest.score() <= -REVERT_SCORE) {
      deferNextIncrease(topTest.missedFastCalls());
      setLimit(provenLimit);
    } else if (Math.min(topTest.score(), restTest.score()) <= -DECREASE_SCORE) {
      decrease(now);
    } else if (isMethodFaster() && now >= nextFasterProbe) {
      methodSeemedFaster = true;
      probe(now, stableLimit());
    } else if (topTest.score() >= INCREASE_SCORE) {
      decreases = 0;
      increaseOrProbe(now);
    } else if (restTest.score() >= DECREASE_SCORE) {
      restTest.clear();
      if (topTest.isEmpty()) {
        decreases = 0;
      }
    }
  }

  /** The method itself, it seems; by chance too, so that is not followed up without end. */
  @GuardedBy("this")
  private boolean isMethodFaster() {
    return sample.calls() >= MIN_CALLS_TO_LEARN
        && sample.quartile() < baselineLatency * METHOD_FASTER_RATIO;
  }

  /** Takes a proven step as the new base, and makes the next one if it is earned. */
  @GuardedBy("this")
  private void increaseOrProbe(long now) {
    if (increaseOnTrial) {
      step = Math.min(Math.max(1, limit * MAX_STEP_RATIO), step * 2);
    }
    increaseOnTrial = false;
    if (now >= nextProbe) {
      probe(now, stableLimit());
    } else if (limit < policy.max() && fastCalls >= nextIncreaseAt) {
      int good = limit;
      setLimit((int) Math.min(policy.max(), good + step));
      provenLimit = good;
      increaseOnTrial = true;
    } else {
      provenLimit = belowTopTenth();
      topTest.clear();
    }
  }

  /** The limit, without a step that is not judged yet. */
  @GuardedBy("this")
  private int stableLimit() {
    return increaseOnTrial ? provenLimit : limit;
  }

  /**
   * Lowers the limit to learn what is usual; what is in use counts, as free permits delay nobody.
   */
  @GuardedBy("this")
  private void probe(long now, int limitAfterwards) {
    probing = true;
    probeBegan = now;
    limitBefore = limitAfterwards;
    quartileBefore = sample.quartile();
    halveLimit(sample.inFlight());
  }

  /** From what is in use: if half of that makes nothing quicker, then nothing waited before. */
  @GuardedBy("this")
  private void halveLimit(double inFlight) {
    setLimit((int) Math.max(policy.min(), Math.min(limit, inFlight) / 2));
  }

  /**
   * Continues a probe as long as a lower limit makes calls faster; otherwise learns, and ends it.
   */
  @GuardedBy("this")
  private void continueProbe(long now, double quartile) {
    if (quartile < quartileBefore * LATENCY_IMPROVED_RATIO && limit > policy.min()) {
      quartileBefore = quartile;
      halveLimit(latencyCohort.inFlight());
      return;
    }
    if (latencyCohort.isMeasured()) {
      learn(quartile);
    }
    endProbe(now);
  }

  @GuardedBy("this")
  private void endProbe(long now) {
    probing = false;
    decreases = 0;
    long pause =
        Math.max(WINDOWS_BETWEEN_PROBES * windowNanos, PROBE_BACKOFF_FACTOR * (now - probeBegan));
    nextProbe = now + Math.min(pause, MAX_WINDOWS_BETWEEN_PROBES * windowNanos);
    if (methodSeemedFaster) {
      methodSeemedFaster = false;
      nextFasterProbe = nextProbe;
    }
    setLimit(limitBefore);
  }

  /** A mean over some probes, as long as they differ by chance only. */
  @GuardedBy("this")
  private void learn(double quartile) {
    double tolerance = policy.tolerance();
    if (quartile > baselineLatency * tolerance || quartile * tolerance < baselineLatency) {
      baselineCalls = 0;
    }
    double weight = (double) latencyCohort.calls() / (latencyCohort.calls() + baselineCalls);
    baselineLatency += (quartile - baselineLatency) * weight;
    baselineFastShare +=
        (latencyCohort.shareWithin(quartile * tolerance) - baselineFastShare) * weight;
    baselineCalls = Math.min(MAX_BASELINE_CALLS, baselineCalls + latencyCohort.calls());
  }

  /**
   * Takes a tenth of the permits back; after some that did not help, blames the method and learns
   * anew.
   */
  @GuardedBy("this")
  private void decrease(long now) {
    double quartile = sample.quartile();
    if (sample.highest() <= policy.min()) {
      // No limit could be lower, so it is not the load.
      baselineCalls = 0;
      learn(quartile);
      setLimit(limit);
      return;
    }
    deferNextIncrease(
        Math.min(
            MAX_DELAYED_CALLS_CHARGED,
            Math.max(topTest.missedFastCalls(), restTest.missedFastCalls())));
    if (decreases == 0) {
      limitBefore = stableLimit();
    }
    if (decreases == 0 || quartile > quartileBefore / LATENCY_IMPROVED_RATIO) {
      quartileBefore = quartile;
      decreases = 0;
    } else if (decreases >= MAX_DECREASES_WITHOUT_EFFECT) {
      if (quartile > quartileBefore * LATENCY_IMPROVED_RATIO) {
        baselineLatency = quartile;
        baselineCalls = 0;
        probe(now, limitBefore);
        return;
      }
      quartileBefore = quartile;
      limitBefore = limit;
      decreases = 0;
    }
    decreases++;
    setLimit(decreasedFrom(sample.highest()));
  }

  /** From what is in use: to take away permits that are free would help nobody. */
  private int decreasedFrom(int used) {
    int from = Math.min(limit, used);
    return Math.max(policy.min(), Math.min(from - 1, (int) Math.ceil(from * DECREASE_FACTOR)));
  }

  /** Sets the limit and forgets what was seen under the old one. */
  @GuardedBy("this")
  private void setLimit(int newLimit) {
    if (newLimit <= limit) {
      step = 1;
    }
    limit = newLimit;
    increaseOnTrial = false;
    provenLimit = belowTopTenth();
    topTest.clear();
    restTest.clear();
    sample.clear();
  }

  private int belowTopTenth() {
    return limit - Math.max(1, limit / 10);
  }

  @GuardedBy("this")
  private void deferNextIncrease(double spoilt) {
    nextIncreaseAt = fastCalls + FAST_CALLS_PER_DELAYED_CALL * Math.max(1, spoilt);
  }
}
