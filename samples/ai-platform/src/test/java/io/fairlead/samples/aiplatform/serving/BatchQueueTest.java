package io.fairlead.samples.aiplatform.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BatchQueueTest {
  private static final long MILLISECOND = 1_000_000;

  private final BatchQueue queue =
      new BatchQueue(4, Duration.ofMillis(2), 6, Duration.ofMillis(100));

  private static InferenceTask task(int priority, int rows, long arrival) {
    return new InferenceTask(
        new float[rows][1], priority, arrival, OptionalLong.empty(), () -> false);
  }

  private static Throwable failure(InferenceTask task) {
    return task.answer()
        .handle((answer, failure) -> failure)
        .toCompletableFuture()
        .getNow(new AssertionError("it was not answered"));
  }

  @Test
  void aBatchIsDueWhenItsOldestRequestHasWaitedLongEnough() {
    assertThat(queue.offer(task(1, 1, 0))).isTrue();
    assertThat(queue.offer(task(1, 1, MILLISECOND))).isTrue();
    assertThat(queue.nanosUntilDue(MILLISECOND)).isEqualTo(MILLISECOND);
    assertThat(queue.nanosUntilDue(2 * MILLISECOND)).isZero();
    assertThat(queue.nanosUntilDue(9 * MILLISECOND)).isZero();
  }

  @Test
  void aFullBatchIsDueAtOnce() {
    assertThat(queue.offer(task(1, 3, 0))).isTrue();
    assertThat(queue.nanosUntilDue(0)).isEqualTo(2 * MILLISECOND);
    assertThat(queue.isFull()).isFalse();
    assertThat(queue.offer(task(1, 1, 0))).isTrue();
    assertThat(queue.nanosUntilDue(0)).isZero();
    assertThat(queue.isFull()).isTrue();
  }

  @Test
  void whatIsUrgentRunsBeforeWhatCameEarlier() {
    InferenceTask early = task(9, 2, 0);
    InferenceTask urgent = task(1, 2, 1);
    InferenceTask next = task(5, 2, 2);
    List.of(early, urgent, next).forEach(task -> assertThat(queue.offer(task)).isTrue());
    assertThat(queue.take(3)).containsExactly(urgent, next);
    assertThat(queue.take(3)).containsExactly(early);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void whatNobodyWaitsForIsNotRun() {
    AtomicBoolean left = new AtomicBoolean();
    InferenceTask gone = new InferenceTask(new float[1][1], 1, 0, OptionalLong.empty(), left::get);
    InferenceTask late =
        new InferenceTask(new float[1][1], 1, 0, OptionalLong.of(MILLISECOND), () -> false);
    InferenceTask good =
        new InferenceTask(new float[1][1], 1, 0, OptionalLong.of(MILLISECOND + 1), () -> false);
    List.of(gone, late, good).forEach(task -> assertThat(queue.offer(task)).isTrue());
    left.set(true);
    assertThat(queue.take(MILLISECOND)).containsExactly(good);
    assertThat(failure(gone)).hasMessageStartingWith("CANCELLED");
    assertThat(failure(late)).hasMessageStartingWith("DEADLINE_EXCEEDED");
    assertThat(queue.cancelled()).isEqualTo(1);
    assertThat(queue.late()).isEqualTo(1);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aRequestThatIsLargerThanABatchRunsAlone() {
    InferenceTask small = task(1, 1, 0);
    InferenceTask large = task(1, 9, 0);
    assertThat(queue.offer(small)).isTrue();
    assertThat(queue.offer(large)).isTrue();
    assertThat(queue.take(0)).containsExactly(small);
    assertThat(queue.take(0)).containsExactly(large);
  }

  @Test
  void aFullQueueRefusesInPlaceOfGrowing() {
    for (int i = 0; i < 6; i++) {
      assertThat(queue.offer(task(1, 1, 0))).isTrue();
    }
    assertThat(queue.offer(task(1, 1, 0))).isFalse();
    assertThat(queue.take(0)).hasSize(4);
    assertThat(queue.offer(task(1, 1, 0))).isTrue();
  }

  @Test
  void aModelThatFailsFailsItsBatchAndNothingElse() throws Exception {
    BatchQueue each = new BatchQueue(1, Duration.ZERO, 6, Duration.ofSeconds(10));
    InferenceTask bad = task(1, 1, System.nanoTime());
    InferenceTask good = task(1, 1, System.nanoTime());
    try (Batcher batcher =
        new Batcher(
            rows -> {
              if (rows == bad.rows() || rows[0] == bad.rows()[0]) {
                throw new IllegalStateException("not a number");
              }
              return rows;
            },
            each)) {
      batcher.submit(bad);
      batcher.submit(good);
    }
    assertThat(failure(bad)).hasMessage("INTERNAL: the model failed: not a number");
    CompletableFuture<InferenceTask.Answer> answered = good.answer().toCompletableFuture();
    assertThat(answered.join().batch()).isEqualTo(1);
    assertThat(answered.join().rows()[0]).isSameAs(good.rows()[0]);
  }

  @Test
  void aServerThatEndsAnswersWhatWaits() throws Exception {
    InferenceTask waiting = task(1, 1, System.nanoTime());
    InferenceTask after = task(1, 1, System.nanoTime());
    Batcher batcher =
        new Batcher(
            rows -> rows, new BatchQueue(4, Duration.ofHours(1), 6, Duration.ofSeconds(10)));
    batcher.submit(waiting);
    batcher.close();
    batcher.submit(after);
    assertThat(waiting.answer().toCompletableFuture()).isCompleted();
    assertThat(failure(after)).hasMessage("UNAVAILABLE: the model server ends");
  }

  @Test
  void anUrgentRequestTakesThePlaceOfTheLastThatIsNot() {
    InferenceTask first = task(9, 1, 0);
    InferenceTask last = task(9, 1, 1);
    assertThat(queue.offer(task(5, 1, 0))).isTrue();
    assertThat(queue.offer(first)).isTrue();
    assertThat(queue.offer(last)).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(queue.offer(task(2, 1, 2))).isTrue();
    }
    InferenceTask urgent = task(1, 1, 3);
    assertThat(queue.offer(urgent)).isTrue();
    assertThat(failure(last)).hasMessageContaining("too many requests wait");
    assertThat(queue.size()).isEqualTo(6);
    assertThat(queue.offer(task(9, 1, 4))).isFalse();
    assertThat(queue.shed()).isEqualTo(2);
    assertThat(queue.take(5)).startsWith(urgent).doesNotContain(first).hasSize(4);
    assertThat(queue.take(5)).contains(first).hasSize(2);
    assertThat(queue.isEmpty()).isTrue();
  }

  /** Its caller would take a server that says nothing for one that hangs, and break with it. */
  @Test
  void whatHasWaitedTooLongIsRefusedThoughMoreUrgentRequestsKeepComing() {
    InferenceTask patient = task(9, 1, 0);
    InferenceTask later = task(9, 1, 50 * MILLISECOND);
    assertThat(queue.offer(patient)).isTrue();
    assertThat(queue.offer(later)).isTrue();
    for (int i = 0; i < 4; i++) {
      assertThat(queue.offer(task(1, 1, 100 * MILLISECOND))).isTrue();
    }
    assertThat(queue.take(100 * MILLISECOND)).hasSize(4).doesNotContain(patient);
    for (int i = 0; i < 4; i++) {
      assertThat(queue.offer(task(1, 1, 101 * MILLISECOND))).isTrue();
    }
    assertThat(queue.take(101 * MILLISECOND)).hasSize(4).doesNotContain(later);
    assertThat(failure(patient)).hasMessageStartingWith("RESOURCE_EXHAUSTED");
    assertThat(queue.shed()).isEqualTo(1);
    assertThat(queue.take(102 * MILLISECOND)).containsExactly(later);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aServerThatStoodStillAnswersWhatItCan() {
    InferenceTask alone = task(9, 1, 0);
    assertThat(queue.offer(alone)).isTrue();
    assertThat(queue.take(999 * MILLISECOND)).containsExactly(alone);
    assertThat(queue.shed()).isZero();
  }

  @Test
  void aRefusalSaysWhenToComeAgain() throws Exception {
    com.google.rpc.Status status = StatusProto.fromThrowable(queue.full());
    assertThat(status.getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED_VALUE);
    RetryInfo hint = status.getDetails(0).unpack(RetryInfo.class);
    assertThat(hint.getRetryDelay())
        .isEqualTo(com.google.protobuf.Duration.newBuilder().setNanos(100_000_000).build());
  }
}
