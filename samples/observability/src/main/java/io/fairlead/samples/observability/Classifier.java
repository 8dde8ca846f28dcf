package io.fairlead.samples.observability;

import io.fairlead.samples.observability.images.Image;
import io.fairlead.samples.observability.images.Images;
import io.fairlead.samples.observability.images.Label;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Refuses every tenth image, and is not there at the first attempt for every fourth. */
final class Classifier implements Images {
  private final Set<Integer> seen = ConcurrentHashMap.newKeySet();

  @Override
  public Label classify(Image image) {
    if (image.getNumber() % 10 == 0) {
      throw Status.INVALID_ARGUMENT.withDescription("this is no image").asRuntimeException();
    }
    if (image.getNumber() % 4 == 0 && seen.add(image.getNumber())) {
      throw Status.UNAVAILABLE.withDescription("the model is being loaded").asRuntimeException();
    }
    return Label.newBuilder().setText("cat").build();
  }
}
