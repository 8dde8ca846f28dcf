package io.fairlead.samples.aiplatform.training;

/** The optimizer Adam (Kingma and Ba, 2015), with its usual constants. */
final class Adam {
  private static final double RATE = 0.002;
  private static final double FIRST = 0.9;
  private static final double SECOND = 0.999;
  private static final double EPSILON = 1e-8;

  private final float[] firstMoments;
  private final float[] secondMoments;
  private long steps;

  Adam(float[] firstMoments, float[] secondMoments, long steps) {
    this.firstMoments = firstMoments;
    this.secondMoments = secondMoments;
    this.steps = steps;
  }

  float[] firstMoments() {
    return firstMoments;
  }

  float[] secondMoments() {
    return secondMoments;
  }

  long steps() {
    return steps;
  }

  /** Moves the parameters against the mean of the gradients of {@code count} examples. */
  void step(float[] parameters, float[] gradients, int count) {
    steps++;
    double rate =
        RATE
            * Math.sqrt(1 - StrictMath.pow(SECOND, (double) steps))
            / (1 - StrictMath.pow(FIRST, (double) steps));
    for (int i = 0; i < parameters.length; i++) {
      double gradient = gradients[i] / count;
      double first = FIRST * firstMoments[i] + (1 - FIRST) * gradient;
      double second = SECOND * secondMoments[i] + (1 - SECOND) * gradient * gradient;
      firstMoments[i] = (float) first;
      secondMoments[i] = (float) second;
      parameters[i] -= (float) (rate * first / (Math.sqrt(second) + EPSILON));
    }
  }
}
