package io.fairlead.samples.aiplatform.training;

import java.util.SplittableRandom;

/**
 * A chain of dense layers with ReLU between them and softmax at the end.
 *
 * <p>All parameters are in one array, layer by layer, weights before biases: an optimizer then
 * needs no idea of layers. The weights of a layer are rows of inputs, as Gemm of ONNX reads them.
 */
public final class Network {
  private final int[] sizes;
  private final float[] parameters;

  Network(int[] sizes, float[] parameters) {
    if (parameters.length != count(sizes)) {
      throw new IllegalArgumentException(
          "a network of these layers has "
              + count(sizes)
              + " parameters, and "
              + parameters.length
              + " are given");
    }
    this.sizes = sizes.clone();
    this.parameters = parameters;
  }

  /** Returns a network with random weights, scaled for ReLU (He), and biases of 0. */
  static Network random(int[] sizes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] parameters = new float[count(sizes)];
    int at = 0;
    for (int layer = 0; layer + 1 < sizes.length; layer++) {
      double scale = Math.sqrt(6.0 / sizes[layer]);
      for (int i = 0; i < sizes[layer] * sizes[layer + 1]; i++) {
        parameters[at++] = (float) ((random.nextDouble() * 2 - 1) * scale);
      }
      at += sizes[layer + 1];
    }
    return new Network(sizes, parameters);
  }

  /**
   * Returns a network of the same function with larger hidden layers (Net2WiderNet, Chen et al.,
   * 2016). Each unit is there several times, and what it sends on is divided among its copies.
   *
   * @param units how many units each hidden layer then has; not fewer than now
   */
  public Network widened(int units) {
    int[] wide = sizes.clone();
    for (int layer = 1; layer < layers(); layer++) {
      if (units < sizes[layer]) {
        throw new IllegalArgumentException(
            "hidden layer "
                + layer
                + " has "
                + sizes[layer]
                + " units, and cannot be widened to "
                + units);
      }
      wide[layer] = units;
    }
    float[] widened = new float[count(wide)];
    int at = 0;
    for (int layer = 0; layer < layers(); layer++) {
      int rows = sizes[layer];
      int columns = sizes[layer + 1];
      for (int row = 0; row < wide[layer]; row++) {
        int copied = row % rows;
        int copies = (wide[layer] - copied - 1) / rows + 1;
        for (int column = 0; column < wide[layer + 1]; column++) {
          widened[at++] = parameters[offset(layer) + copied * columns + column % columns] / copies;
        }
      }
      for (int column = 0; column < wide[layer + 1]; column++) {
        widened[at++] = parameters[offset(layer) + rows * columns + column % columns];
      }
    }
    return new Network(wide, widened);
  }

  /** Returns a network of the same layers with other parameters. */
  Network with(float[] others) {
    return new Network(sizes, others);
  }

  static int count(int[] sizes) {
    int count = 0;
    for (int layer = 0; layer + 1 < sizes.length; layer++) {
      count += (sizes[layer] + 1) * sizes[layer + 1];
    }
    return count;
  }

  /** Returns how many values it reads. */
  public int inputs() {
    return sizes[0];
  }

  /** Returns how many classes it tells apart. */
  public int outputs() {
    return sizes[sizes.length - 1];
  }

  /** Returns how many parameters it has. */
  public int size() {
    return parameters.length;
  }

  int layers() {
    return sizes.length - 1;
  }

  int size(int layer) {
    return sizes[layer];
  }

  float[] parameters() {
    return parameters;
  }

  /** Returns where the weights of a layer begin; its biases follow them. */
  int offset(int layer) {
    int offset = 0;
    for (int i = 0; i < layer; i++) {
      offset += (sizes[i] + 1) * sizes[i + 1];
    }
    return offset;
  }

  /** Returns the probability of each class. */
  public float[] predict(float[] input) {
    if (input.length != inputs()) {
      throw new IllegalArgumentException(
          "the network reads " + inputs() + " values, and " + input.length + " are given");
    }
    float[] values = input;
    for (int layer = 0; layer < layers(); layer++) {
      float[] next = new float[sizes[layer + 1]];
      forward(layer, values, next);
      if (layer + 1 < layers()) {
        rectify(next);
      }
      values = next;
    }
    softmax(values);
    return values;
  }

  /** Writes the sums of a layer, before any activation. */
  void forward(int layer, float[] input, float[] output) {
    int columns = sizes[layer + 1];
    int weights = offset(layer);
    System.arraycopy(parameters, weights + sizes[layer] * columns, output, 0, columns);
    for (int row = 0; row < sizes[layer]; row++) {
      float value = input[row];
      if (value != 0) {
        int at = weights + row * columns;
        for (int column = 0; column < columns; column++) {
          output[column] += value * parameters[at + column];
        }
      }
    }
  }

  static void rectify(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(0, values[i]);
    }
  }

  /** The largest value is subtracted first, so that none overflows. */
  static void softmax(float[] values) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      // StrictMath gives the same bits on each machine, so a resumed training ends where another
      // one does.
      double power = StrictMath.exp(values[i] - largest);
      values[i] = (float) power;
      sum += power;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] / sum);
    }
  }

  /** Returns the index of the largest value. */
  public static int best(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
