package io.fairlead.samples.aiplatform.serving;

import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** One request on its way through a batch. */
final class InferenceTask {
  private final float[][] rows;
  private final int priority;
  private final long arrival;
  private final OptionalLong deadline;
  private final BooleanSupplier cancelled;
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();

  /**
   * What came out.
   *
   * @param batch the rows that ran together, those of others included
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Answer(float[][] rows, int batch) {}

  /**
   * @param priority 1 is the highest
   * @param arrival when it came, in nanoseconds of the queue's clock
   * @param deadline when nobody waits for it any more, by the same clock
   * @param cancelled whether the caller has left
   */
  InferenceTask(
      float[][] rows,
      int priority,
      long arrival,
      OptionalLong deadline,
      BooleanSupplier cancelled) {
    this.rows = rows;
    this.priority = priority;
    this.arrival = arrival;
    this.deadline = deadline;
    this.cancelled = cancelled;
  }

  float[][] rows() {
    return rows;
  }

  int priority() {
    return priority;
  }

  long arrival() {
    return arrival;
  }

  OptionalLong deadline() {
    return deadline;
  }

  boolean isCancelled() {
    return cancelled.getAsBoolean();
  }

  CompletionStage<Answer> answer() {
    return answer;
  }

  void complete(float[][] result, int batch) {
    answer.complete(new Answer(result, batch));
  }

  void fail(RuntimeException failure) {
    answer.completeExceptionally(failure);
  }
}
