package io.fairlead.samples.aiplatform.capture;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.Capture;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.CaptureStatus;
import io.fairlead.samples.aiplatform.api.capture.GetImageRequest;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.common.CrashPoint;
import io.fairlead.samples.aiplatform.common.Hashes;
import io.fairlead.samples.aiplatform.common.Rejections;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.fairlead.samples.aiplatform.events.BrokerLink;
import io.fairlead.samples.aiplatform.events.BrokerWorker;
import io.grpc.Status;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** Keeps images by their content. */
public final class CaptureService implements Capture {
  private static final int TEST_SHARE = 5;

  private final ImageStore store;
  private final Records records;
  private final Predicate<String> lost;

  /** Kept, and not written down: the database was away. Guarded by itself. */
  private final List<Image> unrecorded = new ArrayList<>();

  private final AtomicLong duplicates = new AtomicLong();
  private final AtomicLong rejected = new AtomicLong();
  private final AtomicLong replayed = new AtomicLong();

  /** Writes down what came in. */
  @FunctionalInterface
  interface Records {
    void add(List<Image> images) throws SQLException;
  }

  /**
   * @param lost whether an image was kept once and cannot be read now
   */
  CaptureService(ImageStore store, Records records, Predicate<String> lost) {
    this.store = store;
    this.records = records;
    this.lost = lost;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    CrashPoint crash = CrashPoint.of(settings);
    ImageKey key = ImageKey.read(Path.of(settings.text("key")));
    try (ImageStore store = ImageStore.open(settings.data().resolve("images"), key);
        Outbox outbox = Outbox.open(settings.data(), store);
        ServiceProcess process = ServiceProcess.open(settings)) {
      if (!settings.text("broker", "").isEmpty()) {
        BrokerWorker unused =
            process.keep(
                new BrokerWorker(
                    BrokerLink.of(settings), "outbox", new OutboxRelay(outbox, store, crash)));
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
              },
              outbox::lost);
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
      record(added);
    } catch (SQLException e) {
      throw RpcException.answer(
          Status.Code.UNAVAILABLE,
          "the images are kept, and cannot be recorded now; send them again");
    }
    return summary.build();
  }

  /**
   * Writes down images, and those that could not be before. So whoever sends such an image again is
   * answered when it has a record. What a crash leaves without one gets it at the next start.
   */
  private void record(List<Image> added) throws SQLException {
    synchronized (unrecorded) {
      unrecorded.addAll(added);
      records.add(List.copyOf(unrecorded));
      unrecorded.clear();
    }
  }

  @Override
  public Source<Image> replay(ReplayRequest request) {
    Share share = request.getShare();
    if (request.hasShare() && (share.getNumber() < 1 || share.getNumber() > share.getOf())) {
      throw RpcException.answer(
          Status.Code.INVALID_ARGUMENT,
          "share is " + share.getNumber() + " of " + share.getOf() + "; it begins with 1 of 1");
    }
    return Source.from(
        out -> {
          for (int i = 0; i < store.size(); i++) {
            Image image = store.get(i);
            if (belongsTo(request.getSplit(), image.getId())
                && (!request.hasShare() || belongsTo(share, image.getId()))) {
              // Waits here while the reader is behind.
              out.send(image);
              replayed.incrementAndGet();
            }
          }
        });
  }

  @Override
  public Image get(GetImageRequest request) {
    String id = request.getId();
    if (store.has(id)) {
      return store.find(id);
    }
    if (lost.test(id)) {
      String reason = "the image was changed where it is kept; send it again";
      throw RpcException.answer(
          Status.Code.DATA_LOSS, reason, Rejections.of(id, Problem.CHANGED, reason));
    }
    throw RpcException.answer(Status.Code.NOT_FOUND, "no image " + id + " was kept here");
  }

  @Override
  public CaptureStatus status(StatusRequest request) {
    return CaptureStatus.newBuilder()
        .setImages(store.size())
        .setDuplicates(duplicates.get())
        .setRejected(rejected.get())
        .setReplayed(replayed.get())
        .setDamaged(store.damaged())
        .build();
  }

  /** By other digits of the id than those that decide on the split. */
  private static boolean belongsTo(Share share, String id) {
    return Integer.parseUnsignedInt(id, 16, 23, 16) % share.getOf() == share.getNumber() - 1;
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
