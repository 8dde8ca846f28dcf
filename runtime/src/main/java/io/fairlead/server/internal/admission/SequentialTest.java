package io.fairlead.server.internal.admission;

/**
 * Weighs whether as many of some calls are quick as usual, or only half as many: the sequential
 * test of Wald. How many calls it needs follows from how many are quick usually, and what it costs
 * to find out hardly does: about as many quick calls that are not quick.
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
   * @param usual the part of the calls that is quick when there is room
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

  /** How many of the calls that were not quick should have been, by what is usual. */
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
