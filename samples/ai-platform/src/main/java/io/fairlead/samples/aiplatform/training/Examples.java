package io.fairlead.samples.aiplatform.training;

import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.features.Features;
import io.fairlead.samples.aiplatform.api.preprocess.Preprocess;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.samples.aiplatform.common.Pipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The images that people have labelled, as features; read from the other services when needed. */
final class Examples {
  private static final int UNDER_WAY = 64;

  private final Capture capture;
  private final Preprocess preprocess;
  private final Features features;
  private final Optional<Share> share;

  /**
   * @param share which of the images to learn from are its own; empty for all
   */
  Examples(Capture capture, Preprocess preprocess, Features features, Optional<Share> share) {
    this.capture = capture;
    this.preprocess = preprocess;
    this.features = features;
    this.share = share;
  }

  List<Example> training() throws InterruptedException {
    ReplayRequest.Builder request = ReplayRequest.newBuilder().setSplit(Split.TRAINING);
    share.ifPresent(request::setShare);
    return read(request.build());
  }

  List<Example> test() throws InterruptedException {
    return read(ReplayRequest.newBuilder().setSplit(Split.TEST).build());
  }

  /** In the order of their ids, so that a training does not depend on the order of capture. */
  private List<Example> read(ReplayRequest request) throws InterruptedException {
    Map<String, Example> byId = new TreeMap<>();
    new Pipeline(capture, preprocess, features, UNDER_WAY)
        .run(
            request,
            vector -> {
              if (vector.hasLabel()) {
                float[] values = Floats.of(vector.getValuesList());
                byId.put(vector.getId(), new Example(values, vector.getLabel()));
              }
            });
    if (byId.isEmpty()) {
      throw new IllegalStateException(
          "capture has no labelled image in the part "
              + request.getSplit()
              + "; ingest some first");
    }
    return List.copyOf(byId.values());
  }
}
