package io.fairlead.samples.aiplatform.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on disk when capture is killed between two of its steps; AiPlatformIT kills it there. */
class OutboxTest {
  @TempDir Path folder;

  private ImageKey key() throws IOException {
    Path file = folder.resolve("key");
    return ImageKey.read(Files.exists(file) ? file : ImageKey.make(file));
  }

  private static Image image(String id) {
    return Image.newBuilder().setId(id).setContent(ByteString.copyFromUtf8(id)).build();
  }

  private static List<String> waiting(Outbox outbox) throws Exception {
    return outbox.next(10).stream().map(Outbox.Entry::imageId).toList();
  }

  @Test
  void anImageThatWasKeptRightBeforeACrashGetsItsEventAtTheNextStart() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      assertThat(store.add(image("a"))).isTrue();
      try (Outbox outbox = Outbox.open(folder, store)) {
        assertThat(waiting(outbox)).containsExactly("a");
      }
      assertThat(store.add(image("b"))).isTrue();
      try (Outbox outbox = Outbox.open(folder, store)) {
        assertThat(waiting(outbox)).containsExactly("a", "b");
      }
    }
  }

  @Test
  void anImageHasOneEventHoweverOftenItIsRecorded() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key());
        Outbox outbox = Outbox.open(folder, store)) {
      outbox.record(List.of(image("a"), image("b")));
      outbox.record(List.of(image("a")));
      assertThat(waiting(outbox)).containsExactly("a", "b");
    }
  }

  @Test
  void whatTheBrokerHasIsNotSentAgainAfterARestart() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key())) {
      try (Outbox outbox = Outbox.open(folder, store)) {
        assertThat(store.add(image("a"))).isTrue();
        assertThat(store.add(image("b"))).isTrue();
        outbox.record(List.of(image("a"), image("b")));
        outbox.sent(outbox.next(1));
      }
      try (Outbox outbox = Outbox.open(folder, store)) {
        assertThat(waiting(outbox)).containsExactly("b");
      }
    }
  }

  @Test
  void anImageThatIsGoneFromTheFileIsNewWhenItIsSentAgain() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"), key());
        Outbox outbox = Outbox.open(folder, store)) {
      assertThat(store.add(image("a"))).isTrue();
      outbox.record(List.of(image("a")));
      outbox.sent(outbox.next(1));
    }
    try (ImageStore store = ImageStore.open(folder.resolve("others"), key());
        Outbox outbox = Outbox.open(folder, store)) {
      assertThat(outbox.lost("a")).isTrue();
      assertThat(outbox.lost("b")).isFalse();
      assertThat(store.add(image("a"))).isTrue();
      outbox.record(List.of(image("a")));
      assertThat(waiting(outbox)).containsExactly("a");
    }
  }
}
