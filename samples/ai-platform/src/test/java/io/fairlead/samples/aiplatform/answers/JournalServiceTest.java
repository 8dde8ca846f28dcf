package io.fairlead.samples.aiplatform.answers;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fairlead.samples.aiplatform.api.answers.CountRequest;
import io.fairlead.samples.aiplatform.api.answers.Counts;
import io.fairlead.samples.aiplatform.api.answers.StoredAnswer;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.api.image.Problem;
import io.fairlead.samples.aiplatform.common.Database;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An event that comes again changes nothing, also if its reader was killed in between. */
class JournalServiceTest {
  @TempDir Path folder;

  private static Image image(String id, int label) {
    return Image.newBuilder()
        .setId(id)
        .setContent(ByteString.copyFromUtf8(id))
        .setLabel(label)
        .build();
  }

  @Test
  void anEventIsCountedOnceHoweverOftenItComes() throws Exception {
    try (Database database = JournalService.open(folder)) {
      JournalService journal = new JournalService(database);
      journal.count("a", image("a", 7));
      journal.count("bb", image("bb", 7));
      journal.count("a", image("a", 7));
    }
    try (Database database = JournalService.open(folder)) {
      JournalService journal = new JournalService(database);
      journal.count("bb", image("bb", 7));
      Counts counts = journal.count(CountRequest.getDefaultInstance());
      assertThat(counts.getImages()).isEqualTo(2);
      assertThat(counts.getBytes()).isEqualTo(3);
      assertThat(counts.getByLabelMap()).containsOnly(Map.entry(7, 2L));
      assertThat(counts.getRepeated()).isEqualTo(2);
    }
  }

  @Test
  void anAnswerIsKeptOnceAndItsEventIsKnownAfterARestart() throws Exception {
    StoredAnswer right = StoredAnswer.newBuilder().setImageId("a").setDigit(7).build();
    StoredAnswer none =
        StoredAnswer.newBuilder().setImageId("b").setProblem(Problem.CORRUPT).build();
    try (AnswerStore store = AnswerStore.open(folder)) {
      assertThat(store.repeated("a")).isFalse();
      store.add("a", image("a", 7), right);
      store.add("b", image("b", 1), none);
    }
    try (AnswerStore store = AnswerStore.open(folder)) {
      assertThat(store.repeated("a")).isTrue();
      assertThat(store.all()).containsExactly(right, none);
      assertThat(store.summary().getAnswered()).isEqualTo(1);
      assertThat(store.summary().getRight()).isEqualTo(1);
      assertThat(store.summary().getRefused()).isEqualTo(1);
      assertThat(store.summary().getRepeated()).isEqualTo(1);
    }
  }
}
