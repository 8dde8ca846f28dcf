package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;

/** Handwritten digits as PNG files, each with the digit that a person saw. */
final class Digits {
  private static final int SIDE = 8;

  private Digits() {}

  /**
   * Reads lines of pixels, row by row, with the label at the end.
   *
   * @param in packed by gzip
   * @param side how many pixels a row has
   * @param ink the value of a pixel that is all ink; 0 is paper
   */
  static List<Image> read(InputStream in, int side, int ink) throws IOException {
    List<Image> images = new ArrayList<>();
    BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(in), StandardCharsets.US_ASCII));
    String line;
    while ((line = lines.readLine()) != null) {
      images.add(image(line.split(",", -1), side, ink));
    }
    return images;
  }

  private static Image image(String[] fields, int side, int ink) throws IOException {
    if (fields.length != side * side + 1) {
      throw new IOException(
          "a line has " + fields.length + " values in place of " + (side * side + 1));
    }
    BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < side * side; i++) {
      int level = (int) Math.round(Double.parseDouble(fields[i]));
      picture.getRaster().setSample(i % side, i / side, 0, Math.round(level * 255f / ink));
    }
    int label = (int) Math.round(Double.parseDouble(fields[side * side]));
    return Image.newBuilder().setContent(png(picture)).setLabel(label).build();
  }

  /** Of the {@link #bad} images, those that capture keeps. What is inside, others look at. */
  static final int BAD_INSIDE = 4;

  /** Images as they come in when nobody looks: damaged, empty, too large, none at all. */
  static List<Image> bad(Image good) throws IOException {
    ByteString content = good.getContent();
    BufferedImage blank = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    BufferedImage large = new BufferedImage(3_000, 2_000, BufferedImage.TYPE_BYTE_BINARY);
    return List.of(
        image(ByteString.EMPTY),
        image(content.substring(0, content.size() / 2)),
        image(ByteString.copyFromUtf8("seven")),
        image(png(blank)),
        image(png(large)),
        good);
  }

  private static Image image(ByteString content) {
    return Image.newBuilder().setContent(content).build();
  }

  private static ByteString png(BufferedImage picture) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (!ImageIO.write(picture, "png", bytes)) {
      throw new IOException("this JDK writes no PNG");
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }
}
