package io.fairlead.samples.aiplatform.features;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.image.FeatureVector;
import io.fairlead.samples.aiplatform.api.image.NormalizedImage;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Rejections;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;

/** Extracts features, one by one or as a stream. */
public final class FeatureService implements Features {

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (ServiceProcess process = ServiceProcess.open(settings)) {
      process.serve(FeaturesRpc.SERVICE_NAME, FeaturesRpc.bind(new FeatureService()));
    }
  }

  @Override
  public FeatureVector extract(NormalizedImage image) {
    if (image.getPixelsCount() != DigitFeatures.PIXELS) {
      throw Rejections.asStatus(
          Rejections.of(
              image.getId(),
              Problem.WRONG_SHAPE,
              "the image has "
                  + image.getPixelsCount()
                  + " pixels, and features are made of "
                  + DigitFeatures.PIXELS
                  + "; send it through vision.preprocess.v1.Preprocess"));
    }
    float[] features = DigitFeatures.extract(Floats.of(image.getPixelsList()));
    FeatureVector.Builder vector =
        FeatureVector.newBuilder().setId(image.getId()).addAllValues(Floats.list(features));
    if (image.hasLabel()) {
      vector.setLabel(image.getLabel());
    }
    return vector.build();
  }

  @Override
  public Source<FeatureVector> extractAll(Source<NormalizedImage> images) {
    return images.map(this::extract);
  }
}
