package io.fairlead.observe.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult.Pushback;
import io.fairlead.policy.Code;
import io.grpc.Attributes;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamTracerTest {
  private long now = 100;
  private final List<String> readers = new ArrayList<>();
  private final List<AttemptResult> seen = new ArrayList<>();
  private final StreamTracer tracer =
      new StreamTracer(() -> now, 100) {
        @Override
        protected void ended(AttemptResult made) {
          readers.add("breaker");
          seen.add(made);
        }

        @Override
        protected @Nullable Status passedOwnLimit(Status received) {
          return now >= 1_100 && received.getCode() == Status.Code.CANCELLED
              ? Status.DEADLINE_EXCEEDED
              : null;
        }
      };

  private void carry(@Nullable Deadline deadline, boolean unary) {
    now = 110;
    tracer.carriedBy(
        new StreamTracer.Carrier() {
          @Override
          public long streamEnded(AttemptResult result) {
            readers.add("load");
            seen.add(result);
            return 7;
          }

          @Override
          public void successWithdrawn(AttemptResult result, long number) {
            assertThat(number).isEqualTo(7);
            readers.add("load again");
          }

          @Override
          public void trailersReceived(Metadata trailers) {
            readers.add("report");
          }
        },
        deadline,
        unary,
        false);
    tracer.streamCreated(Attributes.EMPTY, new Metadata());
    tracer.outboundHeaders();
  }

  private AttemptResult close(Status status) {
    tracer.streamClosed(status);
    return tracer.resultFor(status, new Metadata());
  }

  @Test
  void allReadersSeeTheSameResultInOrder() {
    carry(null, true);
    now = 150;
    AttemptResult result = close(Status.OK);
    assertThat(readers).containsExactly("load", "breaker");
    assertThat(seen).hasSize(2).allSatisfy(each -> assertThat(each).isSameAs(result));
    assertThat(result.startedNanos()).isEqualTo(100);
    assertThat(result.endedNanos()).isEqualTo(150);
    assertThat(result.answerNanos()).isEqualTo(40);
  }

  @Test
  void trailersMakeItAnAnswerOfTheOtherSide() {
    carry(null, true);
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "7");
    tracer.inboundHeaders();
    tracer.inboundTrailers(trailers);
    AttemptResult result = close(Status.UNAVAILABLE);
    assertThat(readers).containsExactly("report", "load", "breaker");
    assertThat(result.origin()).isEqualTo(StatusOrigin.WIRE);
    assertThat(result.committed()).isTrue();
    assertThat(result.pushback()).isEqualTo(new Pushback(true, 7));
    assertThat(result.isFromWire(Status.UNAVAILABLE)).isTrue();
  }

  @Test
  void headersAloneAreNotTheOtherSidesWord() {
    carry(null, true);
    tracer.inboundHeaders();
    AttemptResult result = close(Status.UNAVAILABLE);
    assertThat(result.origin()).isEqualTo(StatusOrigin.LOCAL);
    assertThat(result.committed()).isFalse();
    assertThat(result.progress()).isEqualTo(RpcProgress.SENT);
    assertThat(result.isUnprocessed()).isFalse();
  }

  @Test
  void attemptWithoutAStreamGetsItsResultFromTheListener() {
    AttemptResult result = tracer.resultFor(Status.UNAVAILABLE, new Metadata());
    assertThat(readers).isEmpty();
    assertThat(result.progress()).isEqualTo(RpcProgress.NOT_CONNECTED);
    assertThat(tracer.result()).isSameAs(result);
  }

  @Test
  void listenerThatIsToldSomethingElseCorrectsTheResult() {
    carry(null, true);
    tracer.inboundTrailers(new Metadata());
    tracer.streamClosed(Status.OK);
    Status unreadable = Status.CANCELLED.withDescription("Failed to read message.");
    AttemptResult result = tracer.resultFor(unreadable, new Metadata());
    assertThat(result.code()).isEqualTo(Code.CANCELLED);
    assertThat(readers).containsExactly("report", "load", "load again", "breaker");
    assertThat(seen).extracting(AttemptResult::code).containsExactly(Code.OK, Code.CANCELLED);
  }

  @Test
  void successOfAStreamWhoseListenerWasToldBeforeIsCounted() {
    carry(null, true);
    AttemptResult unused = tracer.resultFor(Status.CANCELLED, new Metadata());
    tracer.streamClosed(Status.OK);
    assertThat(readers).containsExactly("load", "breaker");
  }

  @Test
  void lostConnectionIsNamedBeforeAnybodyReadsIt() {
    carry(null, true);
    close(Status.UNKNOWN.withCause(new ClosedChannelException()));
    assertThat(seen).extracting(AttemptResult::code).containsOnly(Code.UNAVAILABLE);
  }

  @Test
  void cancellationAfterTheDeadlineIsAMissedDeadline() {
    carry(Deadline.after(-1, TimeUnit.SECONDS), true);
    assertThat(close(Status.CANCELLED).code()).isEqualTo(Code.DEADLINE_EXCEEDED);
  }

  @Test
  void onlyACancellationByTheAttemptsLimitIsItsOwn() {
    carry(null, true);
    now = 1_200;
    assertThat(tracer.resultFor(Status.UNAVAILABLE, new Metadata()).timedOut()).isFalse();
    AttemptResult limited = tracer.resultFor(Status.CANCELLED, new Metadata());
    assertThat(limited.timedOut()).isTrue();
    assertThat(limited.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
    assertThat(limited.status()).isEqualTo(Status.DEADLINE_EXCEEDED);
  }

  @Test
  void streamsAreTimedByTheirFirstAnswer() {
    carry(null, false);
    now = 130;
    tracer.inboundHeaders();
    now = 900;
    assertThat(close(Status.OK).answerNanos()).isEqualTo(20);
  }

  @Test
  void streamWithoutAnAnswerHasNoTime() {
    carry(null, false);
    assertThat(close(Status.OK).answerNanos()).isNegative();
  }
}
