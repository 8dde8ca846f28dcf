package io.fairlead.samples.aiplatform.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fairlead.Source;
import io.fairlead.samples.aiplatform.api.capture.GetImageRequest;
import io.fairlead.samples.aiplatform.api.capture.IngestSummary;
import io.fairlead.samples.aiplatform.api.capture.ReplayRequest;
import io.fairlead.samples.aiplatform.api.capture.Share;
import io.fairlead.samples.aiplatform.api.capture.Split;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureServiceTest {
  @TempDir Path folder;

  private ImageKey key() throws IOException {
    Path file = folder.resolve("key");
    return ImageKey.read(Files.exists(file) ? file : ImageKey.make(file));
  }

  private static CaptureService service(ImageStore store) {
    return new CaptureService(store, images -> {}, id -> false);
  }

  private static Image image(String content) {
    return Image.newBuilder().setContent(ByteString.copyFromUtf8(content)).build();
  }

  private static Set<String> replay(CaptureService service, Split split) {
    ReplayRequest request = ReplayRequest.newBuilder().setSplit(split).build();
    return service.replay(request).stream()
        .map(image -> image.getContent().toStringUtf8())
        .collect(Collectors.toSet());
  }

  @Test
  void anImageIsKeptOnceHoweverOftenItIsSent() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      CaptureService service = service(store);
      IngestSummary summary =
          service.ingest(Source.of(image("a"), image("b"), image("a"), image("")));
      assertThat(summary.getStored()).isEqualTo(2);
      assertThat(summary.getDuplicates()).isEqualTo(1);
      assertThat(summary.getRejectionsList())
          .extracting(rejection -> rejection.getProblem())
          .containsExactly(Problem.EMPTY);
      assertThat(replay(service, Split.ALL)).containsExactlyInAnyOrder("a", "b");
    }
  }

  private static List<String> share(CaptureService service, int number, int of) {
    ReplayRequest request =
        ReplayRequest.newBuilder()
            .setSplit(Split.TRAINING)
            .setShare(Share.newBuilder().setNumber(number).setOf(of))
            .build();
    return service.replay(request).stream()
        .map(image -> image.getContent().toStringUtf8())
        .toList();
  }

  @Test
  void eachImageOfASplitIsInOneOfItsShares() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      CaptureService service = service(store);
      IngestSummary unused =
          service.ingest(
              Source.from(IntStream.range(0, 300).mapToObj(i -> image("image " + i)).toList()));
      List<String> all = new ArrayList<>();
      for (int number = 1; number <= 3; number++) {
        assertThat(share(service, number, 3)).hasSizeBetween(50, 110);
        all.addAll(share(service, number, 3));
      }
      assertThat(all).doesNotHaveDuplicates().hasSameElementsAs(replay(service, Split.TRAINING));
      assertThat(share(service, 1, 1)).hasSameElementsAs(replay(service, Split.TRAINING));
      for (int[] wrong : new int[][] {{0, 2}, {3, 2}, {0, 0}, {1, -1}}) {
        assertThatThrownBy(() -> share(service, wrong[0], wrong[1]))
            .hasMessageContaining("share is " + wrong[0] + " of " + wrong[1]);
      }
    }
  }

  @Test
  void anImageThatCouldNotBeRecordedIsRecordedWhenItIsSentAgain() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      AtomicBoolean away = new AtomicBoolean(true);
      List<String> recorded = new ArrayList<>();
      CaptureService service =
          new CaptureService(
              store,
              images -> {
                if (away.get()) {
                  throw new SQLException("the database is away");
                }
                images.forEach(image -> recorded.add(image.getContent().toStringUtf8()));
              },
              id -> false);
      assertThatThrownBy(() -> service.ingest(Source.of(image("a"))))
          .hasMessageContaining("UNAVAILABLE");
      away.set(false);
      IngestSummary again = service.ingest(Source.of(image("a")));
      assertThat(again.getDuplicates()).isEqualTo(1);
      assertThat(recorded).containsExactly("a");
      assertThat(service.ingest(Source.of(image("b"))).getStored()).isEqualTo(1);
      assertThat(recorded).containsExactly("a", "b");
    }
  }

  @Test
  void anImageThatWasLostIsToldFromOneThatNeverCame() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      CaptureService service = new CaptureService(store, images -> {}, id -> id.equals("lost"));
      assertThat(service.ingest(Source.of(image("a"))).getStored()).isEqualTo(1);
      String kept = store.get(0).getId();
      assertThat(service.get(GetImageRequest.newBuilder().setId(kept).build()))
          .isEqualTo(store.get(0));
      assertThatThrownBy(() -> service.get(GetImageRequest.newBuilder().setId("lost").build()))
          .hasMessageContaining("DATA_LOSS")
          .hasMessageContaining("send it again");
      assertThatThrownBy(() -> service.get(GetImageRequest.newBuilder().setId("b").build()))
          .hasMessageContaining("NOT_FOUND");
    }
  }

  @Test
  void noImageIsInBothParts() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      CaptureService service = service(store);
      List<Image> images = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        images.add(image("image " + i));
      }
      assertThat(service.ingest(Source.from(images)).getStored()).isEqualTo(500);
      Set<String> training = replay(service, Split.TRAINING);
      Set<String> test = replay(service, Split.TEST);
      assertThat(training).doesNotContainAnyElementsOf(test);
      assertThat(training.size() + test.size()).isEqualTo(500);
      assertThat(test).hasSizeBetween(60, 140);
    }
  }

  @Test
  void anImageThatWasHalfWrittenIsForgottenAndTheOthersAreThere() throws Exception {
    Path file = folder.resolve("images");
    try (ImageStore store = ImageStore.open(file, key())) {
      assertThat(service(store).ingest(Source.of(image("a"), image("b"))).getStored()).isEqualTo(2);
    }
    cutOff(file, 3);
    try (ImageStore store = ImageStore.open(file, key())) {
      CaptureService service = service(store);
      assertThat(replay(service, Split.ALL)).containsExactly("a");
      assertThat(service.ingest(Source.of(image("b"))).getStored()).isEqualTo(1);
    }
    try (ImageStore store = ImageStore.open(file, key())) {
      assertThat(replay(service(store), Split.ALL)).containsExactlyInAnyOrder("a", "b");
    }
  }

  private static void cutOff(Path file, int bytes) throws IOException {
    byte[] all = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(all, all.length - bytes));
  }
}
