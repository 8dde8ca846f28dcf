package io.fairlead.samples.aiplatform.preprocess;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Problem;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Decodes images and brings them to the form that models read. */
final class DigitImages {
  /** Pixels in a row, and rows. */
  static final int SIDE = 8;

  /** A small file may unpack to a very large image. The size is read before the pixels are. */
  private static final long MAX_PIXELS = 4_000_000;

  private static final float INK = 0.25f;

  private DigitImages() {}

  /** An image that cannot be used. */
  static final class BadImageException extends Exception {
    private static final long serialVersionUID = 1;

    private final Problem problem;
    private final String reason;

    BadImageException(Problem problem, String reason) {
      super(reason);
      this.problem = problem;
      this.reason = reason;
    }

    Problem problem() {
      return problem;
    }

    String reason() {
      return reason;
    }
  }

  /**
   * Returns 8 x 8 pixels in rows, 0 for paper and 1 for ink. An image of that size is taken as it
   * is; from a larger one the part with ink is cut out, and made smaller.
   */
  static float[] normalize(ByteString content) throws BadImageException {
    Grey grey = decode(content);
    boolean ready = grey.width() == SIDE && grey.height() == SIDE;
    float[] pixels = ready ? grey.values() : shrink(darkOnLight(grey));
    for (float pixel : pixels) {
      if (pixel >= INK) {
        return pixels;
      }
    }
    throw new BadImageException(Problem.BLANK, "the image shows nothing");
  }

  /** Brightness in rows, 0 to 1. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Grey(int width, int height, float[] values) {
    float at(int x, int y) {
      return values[y * width + x];
    }
  }

  private static Grey decode(ByteString content) throws BadImageException {
    if (content.isEmpty()) {
      throw new BadImageException(Problem.EMPTY, "the image has no bytes");
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(content.newInput())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new BadImageException(
            Problem.UNKNOWN_FORMAT,
            "the "
                + content.size()
                + " bytes are no image of a known format; PNG, JPEG, GIF and BMP are");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if ((long) width * height > MAX_PIXELS) {
          throw new BadImageException(
              Problem.TOO_LARGE,
              "the image has " + width + " x " + height + " pixels; at most 4,000,000 are read");
        }
        return grey(reader.read(0));
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer damaged files with both.
      throw new BadImageException(Problem.CORRUPT, "the image is damaged: " + e.getMessage());
    }
  }

  private static Grey grey(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    float[] values = new float[width * height];
    Raster raster = image.getRaster();
    boolean plain = raster.getNumBands() == 1 && image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        values[y * width + x] =
            plain ? raster.getSample(x, y, 0) / 255f : brightness(image.getRGB(x, y));
      }
    }
    return new Grey(width, height, values);
  }

  /** Weights of ITU-R BT.601. What is transparent lies on white paper. */
  private static float brightness(int argb) {
    float alpha = (argb >>> 24) / 255f;
    float light =
        0.299f * ((argb >> 16) & 255) / 255f
            + 0.587f * ((argb >> 8) & 255) / 255f
            + 0.114f * (argb & 255) / 255f;
    return light * alpha + 1 - alpha;
  }

  /** The border tells the paper: if it is bright, ink is what is dark. */
  private static Grey darkOnLight(Grey grey) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < grey.height(); y++) {
      boolean whole = y == 0 || y == grey.height() - 1;
      for (int x = 0; x < grey.width(); x += whole ? 1 : Math.max(1, grey.width() - 1)) {
        sum += grey.at(x, y);
        count++;
      }
    }
    if (sum / count < 0.5) {
      return grey;
    }
    float[] inverted = grey.values().clone();
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = 1 - inverted[i];
    }
    return new Grey(grey.width(), grey.height(), inverted);
  }

  /** Cuts out the ink as a square, and takes the mean of each of 8 x 8 parts of it. */
  private static float[] shrink(Grey grey) {
    int left = grey.width();
    int right = -1;
    int top = grey.height();
    int bottom = -1;
    for (int y = 0; y < grey.height(); y++) {
      for (int x = 0; x < grey.width(); x++) {
        if (grey.at(x, y) >= INK) {
          left = Math.min(left, x);
          right = Math.max(right, x);
          top = Math.min(top, y);
          bottom = Math.max(bottom, y);
        }
      }
    }
    float[] pixels = new float[SIDE * SIDE];
    if (right < 0) {
      return pixels;
    }
    double side = Math.max(right - left, bottom - top) + 1;
    double x0 = (left + right + 1 - side) / 2;
    double y0 = (top + bottom + 1 - side) / 2;
    float largest = 0;
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        float mean =
            mean(
                grey,
                x0 + column * side / SIDE,
                y0 + row * side / SIDE,
                x0 + (column + 1) * side / SIDE,
                y0 + (row + 1) * side / SIDE);
        pixels[row * SIDE + column] = mean;
        largest = Math.max(largest, mean);
      }
    }
    for (int i = 0; largest > 0 && i < pixels.length; i++) {
      pixels[i] /= largest;
    }
    return pixels;
  }

  /** The mean of a part; a pixel that lies in it by half counts by half, and outside is paper. */
  private static float mean(Grey grey, double x0, double y0, double x1, double y1) {
    double sum = 0;
    for (int y = Math.max(0, (int) y0); y < Math.min(grey.height(), Math.ceil(y1)); y++) {
      double high = Math.min(y + 1, y1) - Math.max(y, y0);
      for (int x = Math.max(0, (int) x0); x < Math.min(grey.width(), Math.ceil(x1)); x++) {
        sum += grey.at(x, y) * high * (Math.min(x + 1, x1) - Math.max(x, x0));
      }
    }
    return (float) (sum / ((x1 - x0) * (y1 - y0)));
  }
}
