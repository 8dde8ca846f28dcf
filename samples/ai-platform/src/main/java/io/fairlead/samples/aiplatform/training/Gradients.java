package io.fairlead.samples.aiplatform.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/** The gradients of a mini-batch, by back propagation of the cross-entropy. */
final class Gradients {
  private final Network network;
  private final float dropout;
  private final float[] sums;
  private final float[][] values;
  private final float[][] errors;

  /**
   * @param dropout the share of hidden units that each example leaves out
   */
  Gradients(Network network, float dropout) {
    this.network = network;
    this.dropout = dropout;
    this.sums = new float[network.parameters().length];
    int layers = network.layers();
    this.values = new float[layers + 1][];
    this.errors = new float[layers + 1][];
    for (int layer = 0; layer <= layers; layer++) {
      values[layer] = new float[network.size(layer)];
      errors[layer] = new float[network.size(layer)];
    }
  }

  float[] sums() {
    return sums;
  }

  void clear() {
    Arrays.fill(sums, 0);
  }

  /** Adds the gradients of an example, and returns its loss. */
  double add(Example example, SplittableRandom random) {
    int last = network.layers();
    System.arraycopy(example.values(), 0, values[0], 0, values[0].length);
    for (int layer = 0; layer < last; layer++) {
      network.forward(layer, values[layer], values[layer + 1]);
      if (layer + 1 < last) {
        Network.rectify(values[layer + 1]);
        drop(values[layer + 1], random);
      }
    }
    float[] output = values[last];
    Network.softmax(output);
    double loss = -StrictMath.log(Math.max(output[example.label()], 1e-12));
    System.arraycopy(output, 0, errors[last], 0, output.length);
    errors[last][example.label()] -= 1;
    for (int layer = last - 1; layer >= 0; layer--) {
      back(layer);
    }
    return loss;
  }

  /** What is kept is scaled up, so that nothing changes when all units are used later. */
  private void drop(float[] units, SplittableRandom random) {
    if (dropout == 0) {
      return;
    }
    float scale = 1 / (1 - dropout);
    for (int i = 0; i < units.length; i++) {
      units[i] = random.nextDouble() < dropout ? 0 : units[i] * scale;
    }
  }

  private void back(int layer) {
    float[] input = values[layer];
    float[] error = errors[layer + 1];
    int columns = error.length;
    int weights = network.offset(layer);
    float[] parameters = network.parameters();
    // A hidden unit that is 0 was rectified or dropped: no error passes through it.
    float scale = layer == 0 ? 0 : 1 / (1 - dropout);
    for (int row = 0; row < input.length; row++) {
      int at = weights + row * columns;
      float back = 0;
      if (input[row] != 0) {
        for (int column = 0; column < columns; column++) {
          sums[at + column] += input[row] * error[column];
          back += parameters[at + column] * error[column];
        }
      }
      errors[layer][row] = back * scale;
    }
    int biases = weights + input.length * columns;
    for (int column = 0; column < columns; column++) {
      sums[biases + column] += error[column];
    }
  }
}
