package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a stream sends before the server answers: the next attempt gets it again, in its order. */
@Timeout(120)
class StreamReplayTest {
  private static final Duration BACKOFF = Duration.ofSeconds(10);
  private static final MethodContract<StringValue, StringValue> CHAT =
      MethodContract.bidiStreaming(
              "test.Echo",
              "Chat",
              StringValue.getDefaultInstance(),
              StringValue.getDefaultInstance())
          .policy(
              MethodPolicy.builder()
                  .retry(
                      RetryPolicy.builder()
                          .attempts(3)
                          .backoff(BACKOFF)
                          .maxBackoff(BACKOFF)
                          .build())
                  .build())
          .idempotent()
          .build();
  private static final String TOO_MUCH =
      "more than 64 requests or 1 MiB were sent before the server answered, so that the stream"
          + " could not be begun again";

  /** What another thread of the application does while an interceptor runs. */
  private final AtomicReference<@Nullable Meanwhile> meanwhile = new AtomicReference<>();

  private final ManualAttempts attempts =
      new ManualAttempts(
          (attempt, step) -> {
            Meanwhile due = meanwhile.get();
            if (due != null && due.step().equals(step) && meanwhile.compareAndSet(due, null)) {
              due.run();
            }
          });
  private final VirtualStack stack =
      new VirtualStack(config -> config.attemptInterceptors.add(attempts));
  private final ClientCall<StringValue, StringValue> call =
      stack.newCall(CHAT.descriptor(), CallOptions.DEFAULT);
  private final List<Status> ends = new ArrayList<>();
  private Metadata trailers = new Metadata();

  /**
   * The interceptor waits for another thread, as for a lock of the application that this thread
   * holds while it uses the stream.
   */
  private record Meanwhile(String step, Runnable action) {
    void run() {
      Thread other = new Thread(action, "application");
      other.start();
      try {
        other.join(TimeUnit.SECONDS.toMillis(20));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      assertThat(other.isAlive()).as("the other thread waits for the interceptor").isFalse();
    }
  }

  @AfterEach
  void close() {
    stack.close();
  }

  private void start() {
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata with) {
            ends.add(status);
            trailers = with;
          }
        },
        new Metadata());
  }

  private void send(String text) {
    call.sendMessage(StringValue.of(text));
  }

  private String whyNoFurtherAttempt() {
    CallExplanation explanation = Objects.requireNonNull(CallExplanation.ofTrailers(trailers));
    return explanation.outcome().endReason();
  }

  @Test
  void streamThatStartsLetsOtherThreadsAskForResponses() {
    List<Boolean> ready = new CopyOnWriteArrayList<>();
    meanwhile.set(
        new Meanwhile(
            "start",
            () -> {
              call.request(3);
              ready.add(call.isReady());
            }));
    start();
    assertThat(ready).containsExactly(false);
    assertThat(attempts.number(1).steps).containsExactly("start", "request 3");
    call.request(2);
    assertThat(attempts.number(1).steps).containsExactly("start", "request 3", "request 2");
  }

  @Test
  void streamThatIsBegunAgainLetsItsCallerSend() {
    start();
    send("a");
    attempts.number(1).end(Status.UNAVAILABLE);
    meanwhile.set(
        new Meanwhile(
            "start",
            () -> {
              send("b");
              meanwhile.set(new Meanwhile("b", () -> send("c")));
            }));
    stack.clock.advance(BACKOFF);
    assertThat(meanwhile.get()).isNull();
    assertThat(attempts.number(2).steps).containsExactly("start", "a", "b", "c");
    call.halfClose();
    assertThat(attempts.number(2).steps).endsWith("c", "half-close");
  }

  @Test
  void serverThatAnswersDuringTheReplayGetsAllOfItInOrder() {
    start();
    send("a");
    send("b");
    attempts.number(1).end(Status.UNAVAILABLE);
    meanwhile.set(
        new Meanwhile(
            "a",
            () -> {
              attempts.number(2).answer();
              send("c");
            }));
    stack.clock.advance(BACKOFF);
    send("d");
    assertThat(attempts.number(2).steps).containsExactly("start", "a", "b", "c", "d");
    attempts.number(2).end(Status.UNAVAILABLE);
    assertThat(whyNoFurtherAttempt()).isEqualTo("the stream had begun");
  }

  @Test
  void backoffKeepsNoMoreRequestsThanAnAttempt() {
    start();
    attempts.number(1).end(Status.UNAVAILABLE);
    List<String> expected = new ArrayList<>(List.of("start"));
    for (int i = 0; i < ReplayBuffer.MAX_MESSAGES; i++) {
      send("" + i);
      expected.add("" + i);
    }
    assertThat(attempts.started).hasSize(1);
    assertThat(stack.factory.pendingBackoffs()).isEqualTo(1);
    send("one more");
    expected.add("one more");
    assertThat(stack.factory.pendingBackoffs()).as("the wait is over").isZero();
    assertThat(attempts.number(2).steps).containsExactlyElementsOf(expected);
    send("goes on");
    assertThat(attempts.number(2).steps).endsWith("one more", "goes on");
    attempts.number(2).end(Status.UNAVAILABLE.withDescription("again"));
    assertThat(ends).singleElement().matches(end -> end.getCode() == Status.Code.UNAVAILABLE);
    assertThat(whyNoFurtherAttempt()).isEqualTo(TOO_MUCH);
    stack.clock.advance(Duration.ofHours(1));
    assertThat(attempts.started).as("no further attempt").hasSize(2);
  }

  @Test
  void backoffKeepsNoMoreBytesThanAnAttempt() {
    start();
    attempts.number(1).end(Status.UNAVAILABLE);
    String half = "x".repeat((int) ReplayBuffer.MAX_BYTES / 2);
    send(half);
    assertThat(attempts.started).hasSize(1);
    send(half);
    assertThat(attempts.number(2).steps).containsExactly("start", half, half);
  }

  @Test
  void streamThatSentTooMuchSaysWhyItIsNotBegunAgain() {
    start();
    for (int i = 0; i <= ReplayBuffer.MAX_MESSAGES; i++) {
      send("x");
    }
    attempts.number(1).end(Status.UNAVAILABLE);
    assertThat(ends).hasSize(1);
    assertThat(whyNoFurtherAttempt()).isEqualTo(TOO_MUCH);
  }
}
