package io.fairlead.server.internal.admission;

/**
 * Wald's sequential test: is the share of fast calls as usual, or half of that?
 *
 * <p>Each call moves a score, a fast one up, another one down. The score says how much more likely
 * one answer has become than the other; whoever asks compares it with a threshold. The number of
 * calls adapts to the usual share. The cost of a decision, in fast calls that became slow, is about
 * constant. Guarded by the lock of {@link AdaptiveConcurrencyLimit}.
 */
final class SequentialTest {
  private static final double PER_QUICK = Math.log(2);

  /** A fiftieth may always be late, for a pause of the JVM or the like. */
  private static final double MOST = 0.98;

  private static final double LEAST = 0.05;

  private double score;
  private double missedFastCalls;
  private int calls;

  /**
   * @param usual the part of the calls that is fast when there is room
   */
  void add(int newCalls, int quick, double usual) {
    double share = Math.max(LEAST, Math.min(MOST, usual));
    int others = newCalls - quick;
    calls += newCalls;
    score += quick * PER_QUICK + others * Math.log((1 - share) / (1 - share / 2));
    missedFastCalls += others * share;
  }

  double score() {
    return score;
  }

  /** Returns how many more calls should have been fast, by the usual share. */
  double missedFastCalls() {
    return missedFastCalls;
  }

  boolean isEmpty() {
    return calls == 0;
  }

  void clear() {
    score = 0;
    missedFastCalls = 0;
    calls = 0;
  }
}
