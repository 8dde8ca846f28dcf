package io.fairlead.samples.aiplatform.training;

import java.util.List;

/**
 * How well a network does.
 *
 * @param confusion how often the class of the row was taken for the class of the column, row by row
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Evaluation(int count, double accuracy, double loss, int[] confusion) {

  static Evaluation of(Network network, List<Example> examples) {
    int classes = network.outputs();
    int[] confusion = new int[classes * classes];
    int right = 0;
    double loss = 0;
    for (Example example : examples) {
      float[] probabilities = network.predict(example.values());
      int best = Network.best(probabilities);
      confusion[example.label() * classes + best]++;
      right += best == example.label() ? 1 : 0;
      loss -= StrictMath.log(Math.max(probabilities[example.label()], 1e-12));
    }
    int count = Math.max(1, examples.size());
    return new Evaluation(examples.size(), (double) right / count, loss / count, confusion);
  }
}
