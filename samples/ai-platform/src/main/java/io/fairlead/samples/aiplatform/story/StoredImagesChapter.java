package io.fairlead.samples.aiplatform.story;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.CaptureRpc;
import io.fairlead.samples.aiplatform.api.capture.CaptureStatus;
import io.fairlead.samples.aiplatform.api.capture.GetImageRequest;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.capture.StatusRequest;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.api.image.Rejection;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import io.grpc.Status;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What capture has on its disk: nobody reads it, and nobody changes it unseen. */
final class StoredImagesChapter {
  private static final String CAPTURE = "capture-1";

  /** The sizes of what stands before the first image, and before each. */
  private static final int HEAD_BYTES = 12;

  private static final int CHECKSUM_BYTES = 4;

  /**
   * What every PNG begins with. Its three letters alone are in that many random bytes in one run of
   * forty.
   */
  private static final String PNG = "\u0089PNG\r\n\u001a\n";

  /** The image whose bytes are changed. */
  private static final int CHANGED = 700;

  private final Platform platform;
  private final Screen screen;

  StoredImagesChapter(Platform platform, Screen screen) {
    this.platform = platform;
    this.screen = screen;
  }

  void play() throws IOException, InterruptedException {
    screen.line("");
    screen.line("Stored images");
    Path file = platform.fleet().folder(CAPTURE).resolve("images");
    long before = status().getImages();
    String content = Files.readString(file, StandardCharsets.ISO_8859_1);
    screen.check(
        !content.contains(PNG),
        "%,d images are in %,d bytes on disk, and no PNG begins there",
        before,
        content.length());
    Image image = image(CHANGED);
    platform.drain(CaptureRpc.SERVICE_NAME, CAPTURE);
    wrongKey();
    change(file);
    restart();
    CaptureStatus status = status();
    screen.check(
        status.getDamaged() == 1 && status.getImages() == before - 1,
        "one byte of one image was changed: %d is left out and counted, %,d are there",
        status.getDamaged(),
        status.getImages());
    refused(image);
    IngestSummary again = platform.capture.ingest(Source.of(image));
    screen.check(
        again.getStored() == 1 && get(image).equals(image),
        "sent again, it is kept again: %d",
        again.getStored());
  }

  private CaptureStatus status() {
    return platform.capture.status(StatusRequest.getDefaultInstance());
  }

  private Image get(Image image) {
    return platform.capture.get(GetImageRequest.newBuilder().setId(image.getId()).build());
  }

  private Image image(int number) {
    ReplayRequest all = ReplayRequest.newBuilder().setSplit(Split.ALL).build();
    try (Source<Image> replay = platform.capture.replay(all)) {
      List<Image> some = replay.stream().limit(number + 1L).toList();
      return some.get(number);
    }
  }

  private void wrongKey() throws IOException, InterruptedException {
    Fleet fleet = platform.fleet();
    long logged = Files.size(fleet.log(CAPTURE));
    fleet.start(CaptureService.class, CAPTURE, "key=" + fleet.key("stranger"));
    platform.await("capture ends with a wrong key", () -> !fleet.isAlive(CAPTURE));
    String said = Files.readString(fleet.log(CAPTURE)).substring((int) logged);
    String why =
        said.lines().filter(line -> line.contains("WrongKeyException")).findFirst().orElse(said);
    screen.check(
        why.contains("start with the key that they were kept with"),
        "with another key capture does not start: %s",
        why.replaceAll("^.*WrongKeyException: ", "").replaceAll("/\\S*/", ""));
  }

  /** Changes one bit in the middle of an image. */
  private static void change(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(HEAD_BYTES);
      int length = bytes.readInt();
      for (int i = 0; i < CHANGED; i++) {
        bytes.seek(bytes.getFilePointer() + CHECKSUM_BYTES + length);
        length = bytes.readInt();
      }
      long middle = bytes.getFilePointer() + CHECKSUM_BYTES + length / 2;
      bytes.seek(middle);
      int old = bytes.read();
      bytes.seek(middle);
      bytes.write(old ^ 1);
    }
  }

  private void restart() throws InterruptedException {
    platform.fleet().start(CaptureService.class, CAPTURE);
    platform.awaitOnly(CaptureRpc.SERVICE_NAME, CAPTURE);
    platform.awaitCall("capture answers", () -> status().getImages() > 0);
  }

  private void refused(Image image) throws InterruptedException {
    try {
      Image unused = get(image);
      screen.check(false, "the changed image was given out");
    } catch (RpcException e) {
      String problem =
          e.detail(Rejection.class).map(Rejection::getProblem).orElse(Problem.UNRECOGNIZED).name();
      screen.check(
          e.code() == Status.Code.DATA_LOSS && problem.equals("CHANGED"),
          "who asks for it gets %s, %s: %s",
          e.code(),
          problem,
          e.getStatus().getDescription());
    }
    Metrics metrics = new Metrics(platform);
    platform.await("capture has counted it", () -> metrics.calls(CAPTURE, "DATA_LOSS") > 0);
    screen.check(
        true, "the metrics of capture-1 count %d DATA_LOSS", metrics.calls(CAPTURE, "DATA_LOSS"));
  }
}
