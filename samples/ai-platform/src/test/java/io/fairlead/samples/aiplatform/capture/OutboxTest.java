package io.fairlead.samples.aiplatform.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.image.Image;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on disk when capture is killed between two of its steps; AiPlatformIT kills it there. */
class OutboxTest {
  @TempDir Path folder;

  private static Image image(String id) {
    return Image.newBuilder().setId(id).setContent(ByteString.copyFromUtf8(id)).build();
  }

  private static List<String> waiting(Outbox outbox) throws Exception {
    return outbox.next(10).stream().map(Outbox.Entry::imageId).toList();
  }

  @Test
  void anImageThatWasKeptRightBeforeACrashGetsItsEventAtTheNextStart() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"))) {
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
    try (ImageStore store = ImageStore.open(folder.resolve("images"));
        Outbox outbox = Outbox.open(folder, store)) {
      outbox.record(List.of(image("a"), image("b")));
      outbox.record(List.of(image("a")));
      assertThat(waiting(outbox)).containsExactly("a", "b");
    }
  }

  @Test
  void whatTheBrokerHasIsNotSentAgainAfterARestart() throws Exception {
    try (ImageStore store = ImageStore.open(folder.resolve("images"))) {
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
}
