package io.fairlead.server.internal.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerLoad;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.Priority;
import io.fairlead.security.Caller;
import io.fairlead.server.EchoMethod;
import io.fairlead.server.FakeCall;
import io.fairlead.server.internal.call.QuietClose;
import io.fairlead.server.internal.call.ServerMethodConfig;
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
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static final ServerMethodConfig SAY =
      method(EchoMethod.SAY.getFullMethodName(), Priority.NORMAL);
  private static final ServerMethodConfig URGENT = method("test.Echo/Urgent", Priority.CRITICAL);

  private final ManualClock clock = ManualClock.create();
  private final List<FakeCall> begun = new ArrayList<>();

  @Test
  void withNothingLimitedThereIsNoLayerAtAll() {
    assertThat(plan(ConcurrencyLimits.NONE).admission(SAY, false)).isNull();
  }

  @Test
  void callAboveTheMethodLimitIsRejectedWithPushback() {
    AdmissionInterceptor admission =
        admission(plan(ConcurrencyLimits.builder().maxConcurrentCallsPerMethod(1).build()), SAY);
    ServerCall.Listener<String> first = call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall second = new FakeCall(EchoMethod.SAY);
    call(admission, second);

    assertRefused(second, "test.Echo/Say has 1 call in flight, its limit");
    assertThat(second.trailers().get(PUSHBACK)).isEqualTo("100");
    first.onComplete();
    FakeCall third = new FakeCall(EchoMethod.SAY);
    call(admission, third);
    assertThat(begun).contains(third).doesNotContain(second);
  }

  @Test
  void pushbackFollowsTheCallLatency() {
    AdmissionInterceptor admission =
        admission(plan(ConcurrencyLimits.builder().maxConcurrentCallsPerMethod(1).build()), SAY);
    ServerCall.Listener<String> first = call(admission, new FakeCall(EchoMethod.SAY));
    clock.advance(Duration.ofSeconds(1));
    first.onComplete();
    call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall refused = new FakeCall(EchoMethod.SAY);
    call(admission, refused);
    assertThat(refused.trailers().get(PUSHBACK)).isEqualTo("2000");
  }

  @Test
  void aCallerAboveItsLimitIsNamed() {
    AdmissionInterceptor admission =
        admission(plan(ConcurrencyLimits.builder().maxConcurrentCallsPerCaller(1).build()), SAY);
    Context ann = new Caller("ann", java.util.Set.of()).in(Context.ROOT);
    Context bob = new Caller("bob", java.util.Set.of()).in(Context.ROOT);
    FakeCall second = new FakeCall(EchoMethod.SAY);
    ann.run(() -> call(admission, new FakeCall(EchoMethod.SAY)));
    ann.run(() -> call(admission, second));
    bob.run(() -> call(admission, new FakeCall(EchoMethod.SAY)));
    assertRefused(second, "caller ann has 1 call in flight, its limit");
    assertThat(begun).hasSize(2);
  }

  @Test
  void lowPriorityMethodsLeaveRoomForOthers() {
    AdmissionController controller =
        plan(ConcurrencyLimits.builder().maxConcurrentCalls(10).build());
    AdmissionInterceptor say = admission(controller, SAY);
    AdmissionInterceptor urgent = admission(controller, URGENT);
    for (int i = 0; i < 10; i++) {
      call(say, new FakeCall(EchoMethod.SAY));
    }
    assertThat(begun).hasSize(9);
    FakeCall important = new FakeCall(EchoMethod.SAY);
    call(urgent, important);
    assertThat(begun).contains(important);
  }

  @Test
  void higherPriorityCallLeavesTheQueueFirst() {
    AdmissionController controller = plan(queued(10));
    AdmissionInterceptor say = admission(controller, SAY);
    AdmissionInterceptor urgent = admission(controller, URGENT);
    ServerCall.Listener<String> running = call(urgent, new FakeCall(EchoMethod.SAY));
    FakeCall ordinary = new FakeCall(EchoMethod.SAY);
    FakeCall important = new FakeCall(EchoMethod.SAY);
    call(say, ordinary);
    call(urgent, important);
    assertThat(begun).hasSize(1);
    running.onComplete();
    assertThat(begun).hasSize(2).contains(important);
  }

  @Test
  void fullQueueEvictsALowerPriorityCall() {
    AdmissionController controller = plan(queued(1));
    AdmissionInterceptor say = admission(controller, SAY);
    AdmissionInterceptor urgent = admission(controller, URGENT);
    call(urgent, new FakeCall(EchoMethod.SAY));
    FakeCall ordinary = new FakeCall(EchoMethod.SAY);
    call(say, ordinary);
    FakeCall important = new FakeCall(EchoMethod.SAY);
    call(urgent, important);
    assertThat(important.closed()).isNull();
    assertRefused(
        ordinary,
        "the queue of 1 call is full, and the server has 1 call in flight, the limit for calls"
            + " of priority NORMAL");
  }

  @Test
  void aFullServerSaysHowFullItIs() {
    AdmissionController controller =
        plan(
            ConcurrencyLimits.builder()
                .maxConcurrentCalls(4)
                .maxConcurrentCallsPerMethod(2)
                .queueLimit(2, Duration.ofSeconds(10))
                .build());
    AdmissionInterceptor admission = admission(controller, SAY);
    assertThat(controller.load()).isEqualTo(new ServerLoad(0, 0, 0, 0, Duration.ZERO, 0));
    ServerCall.Listener<String> first = call(admission, new FakeCall(EchoMethod.SAY));
    assertThat(controller.load().utilization()).as("of the narrowest limit").isEqualTo(0.5);
    call(admission, new FakeCall(EchoMethod.SAY));
    call(admission, new FakeCall(EchoMethod.SAY));
    clock.advance(Duration.ofMillis(30));
    call(admission, new FakeCall(EchoMethod.SAY));
    clock.advance(Duration.ofMillis(20));
    call(admission, new FakeCall(EchoMethod.SAY));
    assertThat(controller.load()).isEqualTo(new ServerLoad(2, 2, 0, 2, Duration.ofMillis(50), 1));
    first.onComplete();
    assertThat(controller.load())
        .as("the first of those that waited runs")
        .isEqualTo(new ServerLoad(2, 1, 0, 1.5, Duration.ofMillis(20), 1));
  }

  @Test
  void callThatWaitsTooLongIsRejected() {
    AdmissionInterceptor admission = admission(plan(queued(10)), SAY);
    call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall waiting = new FakeCall(EchoMethod.SAY);
    call(admission, waiting);
    clock.advance(Duration.ofMillis(99));
    assertThat(waiting.closed()).isNull();
    clock.advance(Duration.ofMillis(1));
    assertRefused(
        waiting,
        "waited 100ms in the admission queue: the server has 1 call in flight, the limit for calls"
            + " of priority NORMAL");
  }

  @Test
  void queueRejectsCallsThatCannotMeetTheirDeadline() {
    AdmissionInterceptor admission = admission(plan(queued(10)), SAY);
    ServerCall.Listener<String> slow = call(admission, new FakeCall(EchoMethod.SAY));
    clock.advance(Duration.ofMillis(50));
    slow.onComplete(); // a call takes 50 ms, as far as anyone knows
    ServerCall.Listener<String> running = call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall hopeless = new FakeCall(EchoMethod.SAY);
    FakeCall hopeful = new FakeCall(EchoMethod.SAY);
    inTime(Duration.ofMillis(60), () -> call(admission, hopeless));
    inTime(Duration.ofMillis(500), () -> call(admission, hopeful));
    clock.advance(Duration.ofMillis(20));
    running.onComplete();
    assertRefused(hopeless, "waited too long to make its deadline");
    assertThat(begun).contains(hopeful);
  }

  @Test
  void aLimitForAnUnknownMethodStopsTheServer() {
    assertThat(
            AdmissionController.unknownNames(
                ConcurrencyLimits.builder().maxConcurrentCallsOf("test.Echo/Sey", 3).build(),
                List.of(SAY.name(), URGENT.name())))
        .contains(
            "a limit is set for test.Echo/Sey, which this server does not serve; it serves"
                + " test.Echo/Say, test.Echo/Urgent");
  }

  @Test
  void streamsHaveNoAdaptiveLimit() {
    ConcurrencyLimits limits =
        ConcurrencyLimits.builder().adaptiveLimit(AdaptiveLimitPolicy.standard()).build();
    ServerMethodConfig stream =
        new ServerMethodConfig("test.Echo/Chat", false, MethodPolicy.empty());
    assertThat(plan(limits).admission(stream, false)).isNull();
    assertThat(admission(plan(limits), SAY).toString()).isEqualTo("admission(NORMAL, adaptive 20)");
  }

  private static ConcurrencyLimits calls(int limit) {
    return ConcurrencyLimits.builder().maxConcurrentCalls(limit).build();
  }

  /** Of a server that has no limit, and may get one. */
  private AdmissionInterceptor changeable(AdmissionController controller) {
    return Objects.requireNonNull(controller.admission(SAY, true));
  }

  @Test
  void aServerWithoutLimitsGetsOneWhileItsCallsGoOn() {
    AdmissionController controller = plan(ConcurrencyLimits.NONE);
    AdmissionInterceptor admission = changeable(controller);
    List<ServerCall.Listener<String>> running = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      running.add(call(admission, new FakeCall(EchoMethod.SAY)));
    }
    controller.change(calls(2), "revision 1 by ann");
    assertThat(controller.inForce()).isEqualTo(calls(2));
    assertThat(controller.origin()).isEqualTo("revision 1 by ann");
    FakeCall above = new FakeCall(EchoMethod.SAY);
    call(admission, above);
    assertRefused(
        above, "the server has 3 calls in flight, the limit for calls of priority NORMAL");
    running.get(0).onComplete();
    running.get(1).onComplete();
    FakeCall below = new FakeCall(EchoMethod.SAY);
    call(admission, below);
    assertThat(begun).hasSize(4).contains(below);
    controller.change(ConcurrencyLimits.NONE, "");
    FakeCall unlimited = new FakeCall(EchoMethod.SAY);
    call(admission, unlimited);
    assertThat(begun).contains(unlimited);
    assertThat(controller.load().inFlight()).isEqualTo(3);
  }

  @Test
  void aHigherLimitLetsInWhatWaits() {
    AdmissionController controller = plan(queued(10));
    AdmissionInterceptor admission = admission(controller, SAY);
    call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall waiting = new FakeCall(EchoMethod.SAY);
    call(admission, waiting);
    assertThat(begun).hasSize(1);
    controller.change(queued(10).toBuilder().maxConcurrentCalls(10).build(), "live");
    clock.advance(Duration.ZERO);
    assertThat(begun).hasSize(2).contains(waiting);
  }

  @Test
  void aQueueThatIsTakenAwayKeepsWhoWaits() {
    AdmissionController controller = plan(queued(10));
    AdmissionInterceptor admission = admission(controller, SAY);
    ServerCall.Listener<String> running = call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall waiting = new FakeCall(EchoMethod.SAY);
    call(admission, waiting);
    controller.change(calls(1), "live");
    clock.advance(Duration.ZERO);
    FakeCall late = new FakeCall(EchoMethod.SAY);
    call(admission, late);
    assertRefused(late, "the server has 1 call in flight, the limit for calls of priority NORMAL");
    assertThat(waiting.closed()).isNull();
    running.onComplete();
    assertThat(begun).hasSize(2).contains(waiting);
  }

  @Test
  void whoWaitsLongerThanTheQueueAllowedIsToldHowLong() {
    AdmissionController controller = plan(queued(10));
    AdmissionInterceptor admission = admission(controller, SAY);
    call(admission, new FakeCall(EchoMethod.SAY));
    FakeCall waiting = new FakeCall(EchoMethod.SAY);
    call(admission, waiting);
    controller.change(queued(10).toBuilder().queueLimit(10, Duration.ofSeconds(9)).build(), "live");
    clock.advance(Duration.ofMillis(100));
    assertRefused(
        waiting,
        "waited 100ms in the admission queue: the server has 1 call in flight, the limit for calls"
            + " of priority NORMAL");
  }

  @Test
  void callersThatWereNotCountedAreNotCountedDown() {
    AdmissionController controller = plan(ConcurrencyLimits.NONE);
    AdmissionInterceptor admission = changeable(controller);
    Context ann = new Caller("ann", java.util.Set.of()).in(Context.ROOT);
    List<ServerCall.Listener<String>> running = new ArrayList<>();
    ann.run(() -> running.add(call(admission, new FakeCall(EchoMethod.SAY))));
    controller.change(ConcurrencyLimits.builder().maxConcurrentCallsPerCaller(1).build(), "live");
    ann.run(() -> running.add(call(admission, new FakeCall(EchoMethod.SAY))));
    FakeCall above = new FakeCall(EchoMethod.SAY);
    ann.run(() -> call(admission, above));
    assertRefused(above, "caller ann has 1 call in flight, its limit");
    controller.change(ConcurrencyLimits.NONE, "");
    running.forEach(ServerCall.Listener::onComplete);
    assertThat(controller.activeCallers()).isZero();
    assertThat(controller.inFlight()).isZero();
  }

  @Test
  void anAdaptiveLimitThatBeginsLateHasRoomForTheCallsThatRun() {
    AdmissionController controller = plan(ConcurrencyLimits.NONE);
    AdmissionInterceptor admission = changeable(controller);
    List<ServerCall.Listener<String>> running = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      running.add(call(admission, new FakeCall(EchoMethod.SAY)));
    }
    controller.change(adaptive(4, 20, 1_000), "live");
    assertThat(controller.limits()).containsEntry(SAY.name(), 50);
    controller.change(adaptive(4, 20, 30), "live");
    assertThat(controller.limits()).as("goes on from the one before").containsEntry(SAY.name(), 30);
    running.forEach(ServerCall.Listener::onComplete);
    controller.change(adaptive(40, 40, 100), "live");
    assertThat(controller.limits()).containsEntry(SAY.name(), 40);
    controller.change(ConcurrencyLimits.NONE, "");
    assertThat(controller.limits()).isEmpty();
  }

  private static ConcurrencyLimits adaptive(int min, int initial, int max) {
    return ConcurrencyLimits.builder()
        .adaptiveLimit(AdaptiveLimitPolicy.builder().between(min, initial, max).build())
        .build();
  }

  private static ConcurrencyLimits queued(int calls) {
    return ConcurrencyLimits.builder()
        .maxConcurrentCalls(1)
        .queueLimit(calls, Duration.ofMillis(100))
        .build();
  }

  private static ServerMethodConfig method(String name, Priority priority) {
    return new ServerMethodConfig(name, true, MethodPolicy.builder().priority(priority).build());
  }

  private AdmissionController plan(ConcurrencyLimits limits) {
    return new AdmissionController(
        limits, List.of(SAY, URGENT), clock.scheduler(), clock::nanoTime, () -> 0.5);
  }

  private static AdmissionInterceptor admission(
      AdmissionController controller, ServerMethodConfig method) {
    AdmissionInterceptor admission = controller.admission(method, false);
    return Objects.requireNonNull(admission);
  }

  private ServerCall.Listener<String> call(AdmissionInterceptor admission, FakeCall call) {
    return admission.interceptCall(
        call,
        new Metadata(),
        (started, headers) -> {
          begun.add(call);
          return QuietClose.noopListener();
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
