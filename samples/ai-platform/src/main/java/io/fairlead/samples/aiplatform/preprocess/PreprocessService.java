package io.fairlead.samples.aiplatform.preprocess;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.api.preprocess.NormalizeResult;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Rejections;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.fairlead.samples.aiplatform.preprocess.DigitImages.BadImageException;
import javax.imageio.ImageIO;

/** Normalizes images, one by one or as a stream. */
public final class PreprocessService implements Preprocess {

  public static void main(String[] args) throws Exception {
    // Images are small; a cache on disk would only cost time.
    ImageIO.setUseCache(false);
    Settings settings = Settings.parse(args);
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      process.serve(PreprocessRpc.SERVICE_NAME, PreprocessRpc.bind(new PreprocessService()));
    }
  }

  @Override
  public NormalizedImage normalize(Image image) {
    NormalizeResult result = result(image);
    if (result.hasRejection()) {
      throw Rejections.asStatus(result.getRejection());
    }
    return result.getImage();
  }

  @Override
  public Source<NormalizeResult> normalizeAll(Source<Image> images) {
    return images.map(PreprocessService::result);
  }

  private static NormalizeResult result(Image image) {
    NormalizeResult.Builder result = NormalizeResult.newBuilder();
    try {
      float[] pixels = DigitImages.normalize(image.getContent());
      NormalizedImage.Builder normalized =
          NormalizedImage.newBuilder().setId(image.getId()).addAllPixels(Floats.list(pixels));
      if (image.hasLabel()) {
        normalized.setLabel(image.getLabel());
      }
      return result.setImage(normalized).build();
    } catch (BadImageException e) {
      Rejection rejection = Rejections.of(image.getId(), e.problem(), e.reason());
      return result.setRejection(rejection).build();
    }
  }
}
