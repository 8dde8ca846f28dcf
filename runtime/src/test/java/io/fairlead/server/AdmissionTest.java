package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.Priority;
import io.fairlead.testkit.ManualClock;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final ServedMethod SAY = method(Echo.SAY.getFullMethodName(), Priority.NORMAL);
  private static final ServedMethod URGENT = method("test.Echo/Urgent", Priority.CRITICAL);

  private final ManualClock clock = ManualClock.create();
  private final List<FakeCall> begun = new ArrayList<>();

  @Test
  void withNothingLimitedThereIsNoLayerAtAll() {
    assertThat(plan(ServerLimits.NONE).admission(SAY)).isNull();
  }

  @Test
  void aCallAboveTheMethodsLimitIsRefusedWithAPauseToKeep() {
    Admission admission = admission(plan(ServerLimits.NONE.withEachMethod(1)), SAY);
    ServerCall.Listener<String> first = call(admission, new FakeCall(Echo.SAY));
    FakeCall second = new FakeCall(Echo.SAY);
    call(admission, second);

    assertRefused(second, "test.Echo/Say has 1 calls in flight, its limit");
    assertThat(second.trailers().get(Refusal.PUSHBACK)).isEqualTo("100");
    first.onComplete();
    FakeCall third = new FakeCall(Echo.SAY);
    call(admission, third);
    assertThat(begun).contains(third).doesNotContain(second);
  }

  @Test
  void thePauseFollowsHowLongACallTakes() {
    Admission admission = admission(plan(ServerLimits.NONE.withEachMethod(1)), SAY);
    ServerCall.Listener<String> first = call(admission, new FakeCall(Echo.SAY));
    clock.advance(Duration.ofSeconds(1));
    first.onComplete();
    call(admission, new FakeCall(Echo.SAY));
    FakeCall refused = new FakeCall(Echo.SAY);
    call(admission, refused);
    assertThat(refused.trailers().get(Refusal.PUSHBACK)).isEqualTo("2000");
  }

  @Test
  void aCallerAboveItsLimitIsNamed() {
    Admission admission = admission(plan(ServerLimits.NONE.withEachCaller(1)), SAY);
    Context ann = new Caller("ann", java.util.Set.of()).in(Context.ROOT);
    Context bob = new Caller("bob", java.util.Set.of()).in(Context.ROOT);
    FakeCall second = new FakeCall(Echo.SAY);
    ann.run(() -> call(admission, new FakeCall(Echo.SAY)));
    ann.run(() -> call(admission, second));
    bob.run(() -> call(admission, new FakeCall(Echo.SAY)));
    assertRefused(second, "caller ann has 1 calls in flight, its limit");
    assertThat(begun).hasSize(2);
  }

  @Test
  void lessImportantMethodsLeaveRoomForTheOthers() {
    AdmissionPlan plan = plan(ServerLimits.NONE.withServer(10));
    Admission say = admission(plan, SAY);
    Admission urgent = admission(plan, URGENT);
    for (int i = 0; i < 10; i++) {
      call(say, new FakeCall(Echo.SAY));
    }
    assertThat(begun).hasSize(9);
    FakeCall important = new FakeCall(Echo.SAY);
    call(urgent, important);
    assertThat(begun).contains(important);
  }

  @Test
  void theMoreImportantCallLeavesTheQueueFirst() {
    AdmissionPlan plan = plan(queued(10));
    Admission say = admission(plan, SAY);
    Admission urgent = admission(plan, URGENT);
    ServerCall.Listener<String> running = call(urgent, new FakeCall(Echo.SAY));
    FakeCall ordinary = new FakeCall(Echo.SAY);
    FakeCall important = new FakeCall(Echo.SAY);
    call(say, ordinary);
    call(urgent, important);
    assertThat(begun).hasSize(1);
    running.onComplete();
    assertThat(begun).hasSize(2).contains(important);
  }

  @Test
  void aFullQueueGivesALessImportantPlaceToAMoreImportantCall() {
    AdmissionPlan plan = plan(queued(1));
    Admission say = admission(plan, SAY);
    Admission urgent = admission(plan, URGENT);
    call(urgent, new FakeCall(Echo.SAY));
    FakeCall ordinary = new FakeCall(Echo.SAY);
    call(say, ordinary);
    FakeCall important = new FakeCall(Echo.SAY);
    call(urgent, important);
    assertThat(important.closed()).isNull();
    assertRefused(
        ordinary,
        "the queue of 1 calls is full, and the server has 1 calls in flight, the limit for calls"
            + " of priority NORMAL");
  }

  @Test
  void whoWaitsTooLongIsTurnedAway() {
    Admission admission = admission(plan(queued(10)), SAY);
    call(admission, new FakeCall(Echo.SAY));
    FakeCall waiting = new FakeCall(Echo.SAY);
    call(admission, waiting);
    clock.advance(Duration.ofMillis(99));
    assertThat(waiting.closed()).isNull();
    clock.advance(Duration.ofMillis(1));
    assertRefused(
        waiting,
        "waited 100 ms for a place: the server has 1 calls in flight, the limit for calls of"
            + " priority NORMAL");
  }

  @Test
  void theQueueDropsWhatCannotMakeItsDeadline() {
    Admission admission = admission(plan(queued(10)), SAY);
    ServerCall.Listener<String> slow = call(admission, new FakeCall(Echo.SAY));
    clock.advance(Duration.ofMillis(50));
    slow.onComplete(); // a call takes 50 ms, as far as anyone knows
    ServerCall.Listener<String> running = call(admission, new FakeCall(Echo.SAY));
    FakeCall hopeless = new FakeCall(Echo.SAY);
    FakeCall hopeful = new FakeCall(Echo.SAY);
    inTime(Duration.ofMillis(60), () -> call(admission, hopeless));
    inTime(Duration.ofMillis(500), () -> call(admission, hopeful));
    clock.advance(Duration.ofMillis(20));
    running.onComplete();
    assertRefused(hopeless, "waited too long to make its deadline");
    assertThat(begun).contains(hopeful);
  }

  @Test
  void aLimitForAnUnknownMethodStopsTheServer() {
    assertThatThrownBy(() -> plan(ServerLimits.NONE.withMethod("test.Echo/Sey", 3)))
        .hasMessage(
            "a limit is set for test.Echo/Sey, which this server does not serve; it serves"
                + " test.Echo/Say, test.Echo/Urgent");
  }

  @Test
  void streamsHaveNoAdaptiveLimit() {
    ServerLimits limits = ServerLimits.NONE.withAdaptive(AdaptiveLimitPolicy.standard());
    ServedMethod stream = new ServedMethod("test.Echo/Chat", false, MethodPolicy.empty());
    assertThat(plan(limits).admission(stream)).isNull();
    assertThat(admission(plan(limits), SAY).toString()).isEqualTo("admission(NORMAL, adaptive 20)");
  }

  private static ServerLimits queued(int calls) {
    return ServerLimits.NONE.withServer(1).withQueue(calls, Duration.ofMillis(100));
  }

  private static ServedMethod method(String name, Priority priority) {
    return new ServedMethod(name, true, MethodPolicy.builder().priority(priority).build());
  }

  private AdmissionPlan plan(ServerLimits limits) {
    return new AdmissionPlan(
        limits, List.of(SAY, URGENT), clock.scheduler(), clock::nanoTime, () -> 0.5);
  }

  private static Admission admission(AdmissionPlan plan, ServedMethod method) {
    Admission admission = plan.admission(method);
    return Objects.requireNonNull(admission);
  }

  private ServerCall.Listener<String> call(Admission admission, FakeCall call) {
    return admission.interceptCall(
        call,
        new Metadata(),
        (started, headers) -> {
          begun.add(call);
          return Calls.deaf();
        });
  }

  private void inTime(Duration time, Runnable action) {
    Deadline.Ticker ticker =
        new Deadline.Ticker() {
          @Override
          public long nanoTime() {
            return clock.nanoTime();
          }
        };
    Deadline deadline = Deadline.after(time.toNanos(), TimeUnit.NANOSECONDS, ticker);
    Context.CancellableContext context = Context.ROOT.withDeadline(deadline, clock.scheduler());
    context.run(action);
  }

  private static void assertRefused(FakeCall call, String why) {
    Status status = Objects.requireNonNull(call.closed(), "not refused");
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).isEqualTo(why);
  }
}
