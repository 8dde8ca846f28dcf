package io.fairlead.server.internal.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Ending;
import io.fairlead.observe.ServerCallOutcome.Kind;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.policy.Code;
import io.fairlead.testkit.ManualClock;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How a call ended, from what the layers noted and how the stream closed. */
class ServerCallRecorderTest {
  private static final Status CUT = Status.UNAVAILABLE.withDescription("connection lost");

  private final ManualClock clock = ManualClock.create();
  private final List<ServerCallOutcome> outcomes = new ArrayList<>();
  private final ServerCallRecorderFactory factory =
      new ServerCallRecorderFactory(
          List.of(outcomes::add),
          Map.of("test.Echo/Say", Kind.UNARY),
          Set.of("grpc.health.v1.Health/Check"),
          clock::nanoTime);
  private final ServerCallRecorder recorder = recorder("test.Echo/Say");

  private ServerCallRecorder recorder(String method) {
    return (ServerCallRecorder) factory.newServerStreamTracer(method, new Metadata());
  }

  private Ending closed(Status status) {
    recorder.streamClosed(status);
    assertThat(outcomes).hasSize(1);
    return outcomes.get(0).ending();
  }

  @Test
  void aStatusOfTheHandlerIsItsFailure() {
    recorder.handlerStarted();
    recorder.endedByHandler();
    recorder.closed(Status.NOT_FOUND);
    assertThat(closed(Status.NOT_FOUND)).isEqualTo(Ending.HANDLER_FAILED);
  }

  @Test
  void aHandlerThatThrewIsItsFailure() {
    recorder.handlerStarted();
    recorder.endedByHandler();
    assertThat(closed(Status.UNKNOWN)).isEqualTo(Ending.HANDLER_FAILED);
  }

  @Test
  void aCallerThatLeftBeforeTheAnswerWasOutHasCancelled() {
    recorder.endedByHandler();
    recorder.closed(Status.OK);
    assertThat(closed(Status.CANCELLED)).isEqualTo(Ending.CANCELLED);
  }

  @Test
  void aLostConnectionIsACancellation() {
    assertThat(closed(CUT)).isEqualTo(Ending.CANCELLED);
    assertThat(outcomes.get(0).code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void anIdleStreamIsStoppedAndNotCancelledByItsCaller() {
    recorder.handlerStarted();
    recorder.closed(Status.CANCELLED);
    assertThat(closed(Status.CANCELLED)).isEqualTo(Ending.STOPPED);
  }

  @Test
  void aDeadlineThatPassesIsToldWhereverItIsFound() {
    recorder.closed(Status.DEADLINE_EXCEEDED);
    assertThat(closed(Status.DEADLINE_EXCEEDED)).isEqualTo(Ending.DEADLINE_PASSED);
    outcomes.clear();
    recorder("test.Echo/Say").streamClosed(Status.DEADLINE_EXCEEDED);
    assertThat(outcomes.get(0).ending()).isEqualTo(Ending.DEADLINE_PASSED);
  }

  @Test
  void theFirstStatusCounts() {
    recorder.rejectedByAdmission(RejectionReason.QUEUE_FULL);
    recorder.closed(Status.RESOURCE_EXHAUSTED);
    recorder.closed(Status.INTERNAL);
    assertThat(closed(Status.RESOURCE_EXHAUSTED)).isEqualTo(Ending.REJECTED_BY_ADMISSION);
    assertThat(outcomes.get(0).rejectionReason()).contains(RejectionReason.QUEUE_FULL);
  }

  @Test
  void aCallerThatLeavesTheQueueIsNotRejected() {
    clock.advance(Duration.ofMillis(5));
    recorder.queued(Duration.ofMillis(5).toNanos());
    assertThat(closed(Status.CANCELLED)).isEqualTo(Ending.CANCELLED);
    assertThat(outcomes.get(0).queueTime()).isEqualTo(Duration.ofMillis(5));
    assertThat(outcomes.get(0).totalTime()).isEqualTo(Duration.ofMillis(5));
  }

  @Test
  void aCallerThatLeavesBeforeItsRejectionIsOutHasCancelled() {
    recorder.rejectedByAdmission(RejectionReason.QUEUE_FULL);
    recorder.closed(Status.RESOURCE_EXHAUSTED);
    assertThat(closed(Status.CANCELLED)).isEqualTo(Ending.CANCELLED);
    assertThat(outcomes.get(0).rejectionReason()).isEmpty();
  }

  @Test
  void timesAreMeasuredFromArrivalAndFromTheHandler() {
    clock.advance(Duration.ofMillis(3));
    recorder.handlerStarted();
    clock.advance(Duration.ofMillis(7));
    recorder.endedByHandler();
    recorder.closed(Status.OK);
    assertThat(closed(Status.OK)).isEqualTo(Ending.OK);
    assertThat(outcomes.get(0).totalTime()).isEqualTo(Duration.ofMillis(10));
    assertThat(outcomes.get(0).handlerTime()).contains(Duration.ofMillis(7));
  }

  @Test
  void builtInMethodsHaveNoRecord() {
    ServerStreamTracer tracer =
        factory.newServerStreamTracer("grpc.health.v1.Health/Check", new Metadata());
    tracer.streamClosed(Status.OK);
    assertThat(outcomes).isEmpty();
  }
}
