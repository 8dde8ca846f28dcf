package io.fairlead.samples.aiplatform.capture;

import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.CaptureStatus;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.common.Hashes;
import io.fairlead.samples.aiplatform.common.Rejections;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps images by their content. */
public final class CaptureService implements Capture {
  private static final int TEST_SHARE = 5;

  private final ImageStore store;
  private final AtomicLong duplicates = new AtomicLong();
  private final AtomicLong rejected = new AtomicLong();
  private final AtomicLong replayed = new AtomicLong();

  CaptureService(ImageStore store) {
    this.store = store;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    try (ImageStore store = ImageStore.open(settings.data().resolve("images"));
        ServiceProcess process = ServiceProcess.open(settings)) {
      process.serve(CaptureRpc.SERVICE_NAME, CaptureRpc.bind(new CaptureService(store)));
    }
  }

  @Override
  public IngestSummary ingest(Source<Image> images) {
    IngestSummary.Builder summary = IngestSummary.newBuilder();
    for (Image image : images) {
      String id = Hashes.sha256(image.getContent());
      if (image.getContent().isEmpty()) {
        rejected.incrementAndGet();
        summary.addRejections(Rejections.of(id, Problem.EMPTY, "the image has no bytes"));
      } else if (store.add(image.toBuilder().setId(id).build())) {
        summary.setStored(summary.getStored() + 1);
      } else {
        duplicates.incrementAndGet();
        summary.setDuplicates(summary.getDuplicates() + 1);
      }
    }
    // Whoever got the summary may rely on it, also after a crash.
    store.flush();
    return summary.build();
  }

  @Override
  public Source<Image> replay(ReplayRequest request) {
    return Source.from(
        out -> {
          for (int i = 0; i < store.size(); i++) {
            Image image = store.get(i);
            if (belongsTo(request.getSplit(), image.getId())) {
              // Waits here while the reader is behind.
              out.send(image);
              replayed.incrementAndGet();
            }
          }
        });
  }

  @Override
  public CaptureStatus status(StatusRequest request) {
    return CaptureStatus.newBuilder()
        .setImages(store.size())
        .setDuplicates(duplicates.get())
        .setRejected(rejected.get())
        .setReplayed(replayed.get())
        .build();
  }

  /** By the id, so that an image stays in its part whatever comes before or after it. */
  static boolean belongsTo(Split split, String id) {
    boolean test = Integer.parseUnsignedInt(id, 0, 7, 16) % TEST_SHARE == 0;
    return switch (split) {
      case TRAINING -> !test;
      case TEST -> test;
      default -> true;
    };
  }
}
