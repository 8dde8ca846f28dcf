package io.fairlead.samples.aiplatform.features;

/**
 * What a model reads of 8 x 8 pixels: the pixels themselves, and a histogram of oriented gradients
 * for each quarter (Dalal and Triggs, 2005): in which of eight directions brightness grows, and how
 * much.
 */
public final class DigitFeatures {
  /** How many pixels there are. */
  public static final int PIXELS = 64;

  /** How many values there are. */
  public static final int COUNT = PIXELS + 4 * 8;

  private static final int SIDE = 8;
  private static final int DIRECTIONS = 8;

  private DigitFeatures() {}

  /** Returns the features of an image. */
  static float[] extract(float[] pixels) {
    float[] features = new float[COUNT];
    System.arraycopy(pixels, 0, features, 0, PIXELS);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        float dx = at(pixels, x + 1, y) - at(pixels, x - 1, y);
        float dy = at(pixels, x, y + 1) - at(pixels, x, y - 1);
        double turn = StrictMath.atan2(dy, dx) / (2 * Math.PI) + 0.5;
        int direction = (int) (turn * DIRECTIONS) % DIRECTIONS;
        int quarter = y / 4 * 2 + x / 4;
        features[PIXELS + quarter * DIRECTIONS + direction] += (float) Math.sqrt(dx * dx + dy * dy);
      }
    }
    for (int quarter = 0; quarter < 4; quarter++) {
      scale(features, PIXELS + quarter * DIRECTIONS);
    }
    return features;
  }

  /** Beyond the border is paper. */
  private static float at(float[] pixels, int x, int y) {
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : pixels[y * SIDE + x];
  }

  /** To length 1, so that thick and thin strokes give the same histogram. */
  private static void scale(float[] features, int from) {
    double sum = 1e-6;
    for (int i = from; i < from + DIRECTIONS; i++) {
      sum += features[i] * features[i];
    }
    float factor = (float) (1 / Math.sqrt(sum));
    for (int i = from; i < from + DIRECTIONS; i++) {
      features[i] *= factor;
    }
  }
}
