package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** A caller, a front, and a store behind it: one trace. */
@Timeout(60)
class TracingTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String TRACEPARENT = "00-" + TRACE + "-" + SPAN + "-01";
  private static final ReserveRequest REQUEST = ReserveRequest.getDefaultInstance();

  /** The contract's times are too short for a busy machine. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(50))
          .retry(RetryPolicy.builder().attempts(2).perAttempt(Duration.ofSeconds(50)).build())
          .build();

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Tracing tracing = Tracing.builder().baggage("tenant").build();
  private final LinkedBlockingQueue<ServerCallOutcome> front = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<ServerCallOutcome> store = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    return resource;
  }

  private static RpcServer.Builder server() {
    return RpcServer.builder("inventory").host("127.0.0.1").port(0);
  }

  private static RpcChannel.Builder to(RpcServer server) {
    return RpcChannel.to("dns:///127.0.0.1:" + server.port())
        .service(InventoryRpc.service())
        .policy(InventoryRpc.RESERVE.fullName(), PATIENT);
  }

  /** What the front calls. */
  private RpcChannel storeChannel() {
    Inventory handler =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            return Reservation.newBuilder().setId("r1").build();
          }
        };
    RpcServer server =
        add(server().service(InventoryRpc.bind(handler)).observer(store::add).start());
    return add(tracing.addTo(to(server)).build());
  }

  private RpcServer frontBlocking() {
    Inventory inner = InventoryRpc.client(storeChannel());
    Inventory handler =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            return inner.reserve(request);
          }
        };
    return add(
        tracing.addTo(server().service(InventoryRpc.bind(handler))).observer(front::add).start());
  }

  /** Answers on another thread, with calls in the name of the call that is served. */
  private RpcServer frontAsync() {
    RpcChannel inner = storeChannel();
    return add(
        tracing
            .addTo(
                server()
                    .service(
                        InventoryRpc.bindAsync(
                            call ->
                                new InventoryAsync() {
                                  @Override
                                  public CompletionStage<Reservation> reserve(
                                      ReserveRequest request) {
                                    CompletableFuture<Void> later = new CompletableFuture<>();
                                    CompletionStage<Reservation> answer =
                                        later.thenCompose(done -> reserveIn(call, inner, request));
                                    new Thread(() -> later.complete(null), "elsewhere").start();
                                    return answer;
                                  }
                                })))
            .observer(front::add)
            .start());
  }

  private static CompletionStage<Reservation> reserveIn(
      CallContext call, RpcChannel inner, ReserveRequest request) {
    assertThat(TraceContext.current()).isEmpty(); // the thread does not know it
    return InventoryRpc.asyncClient(call.channel(inner)).reserve(request);
  }

  private Channel caller(RpcServer server, String... headers) {
    CallSettings.Builder settings = CallSettings.builder();
    for (int i = 0; i < headers.length; i += 2) {
      settings.header(headers[i], headers[i + 1]);
    }
    return add(to(server).build()).with(settings.build());
  }

  private static ServerCallOutcome next(LinkedBlockingQueue<ServerCallOutcome> of)
      throws InterruptedException {
    ServerCallOutcome outcome = of.poll(60, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return outcome;
  }

  private static TraceContext trace(ServerCallOutcome outcome) {
    return TraceContext.of(outcome.context()).orElseThrow();
  }

  /** What the store was told of the trace. */
  private TraceContext received() throws InterruptedException {
    ServerCallOutcome outcome = next(store);
    return TraceContext.parse(
            outcome.header("traceparent").orElseThrow(), outcome.header("tracestate").orElse(""))
        .orElseThrow();
  }

  private void assertOneTrace(RpcServer server) throws Exception {
    InventoryRpc.client(
            caller(server, "traceparent", TRACEPARENT, "tracestate", "congo=t61, rojo=1"))
        .reserve(REQUEST);
    TraceContext served = trace(next(front));
    assertThat(served.traceId()).isEqualTo(TRACE);
    assertThat(served.parentSpanId()).contains(SPAN);
    TraceContext forwarded = received();
    assertThat(forwarded.traceId()).isEqualTo(TRACE);
    assertThat(forwarded.sampled()).isTrue();
    assertThat(forwarded.tracestate()).isEqualTo("congo=t61,rojo=1");
    assertThat(forwarded.spanId()).isNotEqualTo(SPAN).isNotEqualTo(served.spanId());
  }

  @Test
  void aBlockingHandlerCallsInTheTraceOfItsCaller() throws Exception {
    assertOneTrace(frontBlocking());
  }

  @Test
  void aContinuationCallsInTheTraceOfItsCaller() throws Exception {
    assertOneTrace(frontAsync());
  }

  @Test
  void aCallerWithoutATraceGetsOne() throws Exception {
    InventoryRpc.client(caller(frontBlocking())).reserve(REQUEST);
    TraceContext served = trace(next(front));
    assertThat(served.parentSpanId()).isEmpty();
    assertThat(served.sampled()).isFalse();
    assertThat(received().traceId()).isEqualTo(served.traceId());
  }

  @Test
  void aMalformedHeaderIsNoReasonToFail() throws Exception {
    Channel caller =
        caller(frontBlocking(), "traceparent", TRACEPARENT + "-x", "tracestate", "congo=t61");
    InventoryRpc.client(caller).reserve(REQUEST);
    TraceContext forwarded = received();
    assertThat(forwarded.traceId()).isNotEqualTo(TRACE).isEqualTo(trace(next(front)).traceId());
    assertThat(forwarded.tracestate()).isEmpty();
  }

  @Test
  void twoParentsAreNone() throws Exception {
    Channel caller =
        caller(frontBlocking(), "traceparent", TRACEPARENT, "traceparent", TRACEPARENT);
    InventoryRpc.client(caller).reserve(REQUEST);
    assertThat(received().traceId()).isNotEqualTo(TRACE);
  }

  @Test
  void baggageThatIsNotAllowedGoesNoFurther() throws Exception {
    Channel caller = caller(frontBlocking(), "baggage", "tenant=acme;p=1,session=s3cret");
    InventoryRpc.client(caller).reserve(REQUEST);
    TraceContext served = trace(next(front));
    assertThat(served.baggage("tenant")).contains("acme");
    assertThat(served.baggage("session")).isEmpty();
    assertThat(next(store).header("baggage")).contains("tenant=acme;p=1");
  }

  @Test
  void baggageOfTheApplicationIsSentIfTheChannelAllowsIt() throws Exception {
    RpcChannel channel = storeChannel();
    Context job =
        tracing
            .newTrace()
            .withBaggage("tenant", "a b")
            .withBaggage("session", "s3cret")
            .in(Context.current());
    job.run(() -> InventoryRpc.client(channel).reserve(REQUEST));
    ServerCallOutcome outcome = next(store);
    assertThat(outcome.header("baggage")).contains("tenant=a%20b");
    assertThat(TraceContext.parse(outcome.header("traceparent").orElseThrow(), ""))
        .map(TraceContext::traceId)
        .isEqualTo(TraceContext.of(job).map(TraceContext::traceId));
  }

  @Test
  void aChannelWithoutTracingTellsNothing() throws Exception {
    RpcChannel traced = storeChannel();
    RpcServer plainStore =
        add(server().service(InventoryRpc.bind(new Inventory() {})).observer(store::add).start());
    Inventory plain = InventoryRpc.client(add(to(plainStore).build()));
    tracing
        .newTrace()
        .in(Context.current())
        .run(() -> assertThat(catchThrowable(() -> plain.reserve(REQUEST))).isNotNull());
    assertThat(next(store).header("traceparent")).isEmpty();
    InventoryRpc.client(traced).reserve(REQUEST);
    assertThat(next(store).header("traceparent")).isPresent();
  }

  @Test
  void aFailureNamesItsTrace() throws Exception {
    Inventory broken =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            throw Status.NOT_FOUND.withDescription("no such article").asRuntimeException();
          }
        };
    RpcServer server =
        add(
            tracing
                .addTo(server().service(InventoryRpc.bind(broken)))
                .observer(front::add)
                .start());
    Inventory inventory = InventoryRpc.client(add(tracing.addTo(to(server)).build()));
    Throwable failure = catchThrowable(() -> inventory.reserve(REQUEST));
    TraceContext served = trace(next(front));
    assertThat(CallExplanation.of(failure).orElseThrow().text())
        .contains(
            "trace " + served.traceId() + ", span " + served.parentSpanId().orElseThrow() + "\n");
  }

  @Test
  void theShareOfNewTracesIsChosen() {
    long[] ids = {1, Long.MAX_VALUE / 4, 2, 0, 3, -1L, 4};
    int[] next = {0};
    Tracing half = Tracing.builder().sampled(0.5).random(() -> ids[next[0]++]).build();
    assertThat(half.newTrace().traceparent())
        .isEqualTo("00-00000000000000011fffffffffffffff-0000000000000002-01");
    // an id of zero is none
    assertThat(half.newTrace().traceparent())
        .isEqualTo("00-0000000000000003ffffffffffffffff-0000000000000004-00");
    assertThat(Tracing.builder().sampled(1).build().newTrace().sampled()).isTrue();
    assertThat(Optional.of(Tracing.create().newTrace()).map(TraceContext::sampled)).contains(false);
  }
}
