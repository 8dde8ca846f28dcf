package io.fairlead.samples.aiplatform.story;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Pipeline;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The images that no model has learnt from.
 *
 * @param images as they were captured, those with a label
 * @param features of each, by its id
 */
record TestImages(List<Image> images, Map<String, float[]> features) {

  static TestImages read(Platform platform) throws InterruptedException {
    Map<String, float[]> features = new LinkedHashMap<>();
    new Pipeline(platform.capture, platform.preprocess, platform.features, 32)
        .run(Split.TEST, vector -> features.put(vector.getId(), Floats.of(vector.getValuesList())));
    ReplayRequest request = ReplayRequest.newBuilder().setSplit(Split.TEST).build();
    try (Source<Image> all = platform.capture.replay(request)) {
      List<Image> labelled =
          all.stream()
              .filter(image -> image.hasLabel() && features.containsKey(image.getId()))
              .toList();
      return new TestImages(labelled, features);
    }
  }

  float[] features(Image image) {
    float[] values = features.get(image.getId());
    if (values == null) {
      throw new IllegalArgumentException("the image " + image.getId() + " has no features");
    }
    return values;
  }
}
