package io.fairlead.samples.aiplatform.capture;

import io.fairlead.RpcException;
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
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.common.Hashes;
import io.fairlead.samples.aiplatform.common.Rejections;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.grpc.Status;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps images by their content. */
public final class CaptureService implements Capture {
  private static final int TEST_SHARE = 5;

  private final ImageStore store;
  private final Records records;
  private final AtomicLong duplicates = new AtomicLong();
  private final AtomicLong rejected = new AtomicLong();
  private final AtomicLong replayed = new AtomicLong();

  /** Writes down what came in. */
  @FunctionalInterface
  interface Records {
    void add(List<Image> images) throws SQLException;
  }

  CaptureService(ImageStore store, Records records) {
    this.store = store;
    this.records = records;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    CrashPoint crash = CrashPoint.of(settings);
    try (ImageStore store = ImageStore.open(settings.data().resolve("images"));
        Outbox outbox = Outbox.open(settings.data(), store);
        ServiceProcess process = ServiceProcess.open(settings)) {
      String broker = settings.text("broker", "");
      if (!broker.isEmpty()) {
        OutboxRelay unused =
            process.keep(new OutboxRelay(URI.create(broker), outbox, store, crash));
      }
      CaptureService service =
          new CaptureService(
              store,
              images -> {
                if (!images.isEmpty()) {
                  crash.pass("kept");
                  outbox.record(images);
                  crash.pass("recorded");
                }
              });
      process.serve(CaptureRpc.SERVICE_NAME, CaptureRpc.bind(service));
    }
  }

  @Override
  public IngestSummary ingest(Source<Image> images) {
    IngestSummary.Builder summary = IngestSummary.newBuilder();
    List<Image> added = new ArrayList<>();
    for (Image image : images) {
      String id = Hashes.sha256(image.getContent());
      if (image.getContent().isEmpty()) {
        rejected.incrementAndGet();
        summary.addRejections(Rejections.of(id, Problem.EMPTY, "the image has no bytes"));
        continue;
      }
      Image known = image.toBuilder().setId(id).build();
      if (store.add(known)) {
        added.add(known);
        summary.setStored(summary.getStored() + 1);
      } else {
        duplicates.incrementAndGet();
        summary.setDuplicates(summary.getDuplicates() + 1);
      }
    }
    // Whoever got the summary may rely on it, also after a crash.
    store.flush();
    try {
      records.add(added);
    } catch (SQLException e) {
      // Its sender sends it again; what is kept and not recorded is recorded at the next start.
      throw RpcException.answer(Status.Code.UNAVAILABLE, "the images cannot be recorded now");
    }
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
