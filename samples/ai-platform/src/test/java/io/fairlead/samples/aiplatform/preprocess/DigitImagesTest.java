package io.fairlead.samples.aiplatform.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.preprocess.DigitImages.BadImageException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class DigitImagesTest {
  private static ByteString file(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, bytes)).isTrue();
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private static void assertRefused(ByteString content, Problem problem, String reason) {
    assertThatThrownBy(() -> DigitImages.normalize(content))
        .isInstanceOfSatisfying(
            BadImageException.class, e -> assertThat(e.problem()).isEqualTo(problem))
        .hasMessageContaining(reason);
  }

  @Test
  void anImageOfTheRightSizeIsTakenAsItIs() throws Exception {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 64; i++) {
      image.getRaster().setSample(i % 8, i / 8, 0, i * 4);
    }
    float[] pixels = DigitImages.normalize(file(image, "png"));
    for (int i = 0; i < 64; i++) {
      assertThat(pixels[i]).isEqualTo(i * 4 / 255f);
    }
  }

  /** A thick vertical stroke: black on white paper, off centre. */
  private static BufferedImage stroke(int type) {
    BufferedImage image = new BufferedImage(200, 100, type);
    Graphics2D pen = image.createGraphics();
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, 200, 100);
    pen.setColor(Color.BLACK);
    pen.fillRect(150, 20, 20, 40);
    pen.dispose();
    return image;
  }

  @Test
  void darkInkOnLightPaperIsCutOutAndMadeSmall() throws Exception {
    for (String format : new String[] {"png", "bmp", "gif"}) {
      float[] pixels = DigitImages.normalize(file(stroke(BufferedImage.TYPE_INT_RGB), format));
      for (int i = 0; i < 64; i++) {
        int column = i % 8;
        assertThat(pixels[i])
            .as("%s, pixel %d", format, i)
            .isEqualTo(column >= 2 && column < 6 ? 1f : 0f);
      }
    }
  }

  @Test
  void aPhotoIsReadToo() throws Exception {
    float[] pixels = DigitImages.normalize(file(stroke(BufferedImage.TYPE_INT_RGB), "jpeg"));
    assertThat(pixels[3]).isGreaterThan(0.9f);
    assertThat(pixels[0]).isLessThan(0.2f);
  }

  @Test
  void whatIsNoImageIsRefusedWithTheReason() throws Exception {
    ByteString good = file(stroke(BufferedImage.TYPE_INT_RGB), "png");
    assertRefused(ByteString.EMPTY, Problem.EMPTY, "no bytes");
    assertRefused(ByteString.copyFromUtf8("seven"), Problem.UNKNOWN_FORMAT, "5 bytes are no image");
    assertRefused(good.substring(0, good.size() / 2), Problem.CORRUPT, "damaged");
    assertRefused(good.substring(0, 20), Problem.CORRUPT, "damaged");
    assertRefused(
        file(new BufferedImage(50, 50, BufferedImage.TYPE_BYTE_GRAY), "png"),
        Problem.BLANK,
        "shows nothing");
  }

  @Test
  void aSmallFileOfAHugeImageIsRefusedBeforeItsPixelsAreRead() throws Exception {
    ByteString huge = file(new BufferedImage(9_000, 9_000, BufferedImage.TYPE_BYTE_BINARY), "png");
    assertThat(huge.size()).isLessThan(50_000);
    assertRefused(huge, Problem.TOO_LARGE, "9000 x 9000 pixels");
  }
}
