package io.fairlead.telemetry.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fairlead.CallContext;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import io.grpc.Status;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Spans of real calls, as an SDK gets them. */
@Timeout(60)
class OpenTelemetryTracingTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";
  private static final ReserveRequest REQUEST = ReserveRequest.getDefaultInstance();

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final LinkedBlockingQueue<SpanData> ended = new LinkedBlockingQueue<>();
  private final OpenTelemetrySdk sdk = sdk(Sampler.parentBased(Sampler.alwaysOn()));
  private final OpenTelemetryTracing tracing = OpenTelemetryTracing.create(sdk);

  /** Keeps each span when it has ended. */
  private final class Collector implements SpanProcessor {
    @Override
    public void onStart(io.opentelemetry.context.Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      ended.add(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }

  private OpenTelemetrySdk sdk(Sampler sampler) {
    return OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .setSampler(sampler)
                .addSpanProcessor(new Collector())
                .build())
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build();
  }

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
    sdk.close();
  }

  private <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    return resource;
  }

  private RpcServer serve(Inventory handler) {
    return add(builder().service(InventoryRpc.bind(handler)).start());
  }

  private RpcServer.Builder builder() {
    return tracing.addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0));
  }

  private RpcChannel channel(RpcServer server, MethodPolicy policy) {
    return add(
        tracing
            .addTo(RpcChannel.to("dns:///127.0.0.1:" + server.port()))
            .service(InventoryRpc.service())
            .policy(METHOD, policy)
            .build());
  }

  private static MethodPolicy.Builder patient() {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(50))
        .retry(
            RetryPolicy.builder()
                .attempts(3)
                .perAttempt(Duration.ofSeconds(50))
                .backoff(Duration.ofMillis(1))
                .build());
  }

  private RpcChannel channel(RpcServer server) {
    return channel(server, patient().build());
  }

  /** Waits for this many spans; the order of their ends is that of threads. */
  private List<SpanData> spans(int count) throws InterruptedException {
    List<SpanData> spans = new ArrayList<>();
    while (spans.size() < count) {
      SpanData span = ended.poll(50, TimeUnit.SECONDS);
      assertThat(span).as("after %s", spans).isNotNull();
      spans.add(span);
    }
    return spans;
  }

  private static List<SpanData> named(List<SpanData> spans, String name, SpanKind kind) {
    return spans.stream()
        .filter(span -> span.getName().equals(name) && span.getKind() == kind)
        .sorted((a, b) -> Long.compare(a.getStartEpochNanos(), b.getStartEpochNanos()))
        .toList();
  }

  private static SpanData call(List<SpanData> spans) {
    return named(spans, METHOD, SpanKind.CLIENT).get(0);
  }

  private static SpanData served(List<SpanData> spans) {
    return named(spans, METHOD, SpanKind.SERVER).get(0);
  }

  private static List<SpanData> attempts(List<SpanData> spans) {
    return named(spans, "Attempt." + METHOD, SpanKind.CLIENT);
  }

  private static String text(SpanData span, String key) {
    return span.getAttributes().get(AttributeKey.stringKey(key));
  }

  private static List<String> events(SpanData span) {
    return span.getEvents().stream().map(EventData::getName).toList();
  }

  private static Inventory answering() {
    return new Inventory() {
      @Override
      public Reservation reserve(ReserveRequest request) {
        return Reservation.getDefaultInstance();
      }
    };
  }

  private static Inventory failing(Status status) {
    return new Inventory() {
      @Override
      public Reservation reserve(ReserveRequest request) {
        throw status.asRuntimeException();
      }
    };
  }

  @Test
  void aCallAnAttemptAndAHandlerAreOneTrace() throws Exception {
    RpcServer server = serve(answering());
    InventoryRpc.client(channel(server)).reserve(REQUEST);
    List<SpanData> spans = spans(3);
    SpanData call = call(spans);
    SpanData attempt = attempts(spans).get(0);
    SpanData served = served(spans);
    assertThat(call.getParentSpanContext().isValid()).isFalse();
    assertThat(attempt.getParentSpanId()).isEqualTo(call.getSpanId());
    assertThat(served.getParentSpanId()).isEqualTo(attempt.getSpanId());
    assertThat(spans).extracting(SpanData::getTraceId).containsOnly(call.getTraceId());

    assertThat(text(call, "rpc.system.name")).isEqualTo("grpc");
    assertThat(text(call, "rpc.method")).isEqualTo(METHOD);
    assertThat(text(call, "rpc.status_code")).isEqualTo("OK");
    assertThat(text(call, "server.address")).isEqualTo("127.0.0.1");
    assertThat(call.getAttributes().get(AttributeKey.longKey("server.port")))
        .isEqualTo(server.port());
    assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);

    assertThat(text(attempt, "network.peer.address")).isEqualTo("127.0.0.1");
    assertThat(text(attempt, "fairlead.pick.reason")).isNotEmpty();
    assertThat(text(attempt, "fairlead.attempt.kind")).isEqualTo("first");
    assertThat(attempt.getStartEpochNanos()).isGreaterThanOrEqualTo(call.getStartEpochNanos());
    assertThat(attempt.getEndEpochNanos()).isLessThanOrEqualTo(call.getEndEpochNanos());

    assertThat(text(served, "fairlead.ending")).isEqualTo("ok");
    assertThat(text(served, "network.peer.address")).isEqualTo("127.0.0.1");
  }

  @Test
  void delaysAreEvents() throws Exception {
    CallSpan span =
        new CallSpan(sdk.getTracer("t"), METHOD, io.opentelemetry.context.Context.root());
    assertThat(span.beginAttempt()).isNotNull();
    span.describe(
        CallOutcome.builder(METHOD, "dns:///a", ResolvedPolicy.of(List.of()))
            .attempts(
                List.of(
                    AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
                        .delays(Duration.ofMillis(5), true)
                        .build()))
            .build());
    span.end(Status.OK);
    List<SpanData> spans = spans(2);
    assertThat(events(call(spans))).containsExactly("Delayed name resolution complete");
    assertThat(events(attempts(spans).get(0))).containsExactly("Delayed LB pick complete");
  }

  @Test
  void aRetryIsAnAttemptOfItsOwnAndAnEvent() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    RpcServer server =
        serve(
            new Inventory() {
              @Override
              public Reservation reserve(ReserveRequest request) {
                if (calls.getAndIncrement() == 0) {
                  throw Status.UNAVAILABLE.withDescription("not yet").asRuntimeException();
                }
                return Reservation.getDefaultInstance();
              }
            });
    InventoryRpc.client(channel(server)).reserve(REQUEST);
    List<SpanData> spans = spans(5);
    List<SpanData> attempts = attempts(spans);
    assertThat(attempts).hasSize(2);
    assertThat(attempts.get(0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(attempts.get(0).getStatus().getDescription()).isEqualTo("UNAVAILABLE: not yet");
    assertThat(text(attempts.get(0), "error.type")).isEqualTo("UNAVAILABLE");
    assertThat(text(attempts.get(1), "fairlead.attempt.kind")).isEqualTo("retry");
    assertThat(attempts.get(1).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(named(spans, METHOD, SpanKind.SERVER))
        .extracting(SpanData::getParentSpanId)
        .containsExactlyElementsOf(attempts.stream().map(SpanData::getSpanId).toList());
    assertThat(events(call(spans))).contains("retry");
    assertThat(call(spans).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
  }

  @Test
  void whatTheCallerDidWrongIsNoErrorOfTheServer() throws Exception {
    RpcServer server = serve(failing(Status.NOT_FOUND.withDescription("no such article")));
    Throwable failure = catchThrowable(() -> InventoryRpc.client(channel(server)).reserve(REQUEST));
    List<SpanData> spans = spans(3);
    assertThat(call(spans).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(text(call(spans), "fairlead.decided_by")).isEqualTo("the other side");
    assertThat(served(spans).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(text(served(spans), "rpc.status_code")).isEqualTo("NOT_FOUND");
    assertThat(CallExplanation.of(failure).orElseThrow().text())
        .contains("trace " + call(spans).getTraceId() + ", span " + call(spans).getSpanId());
  }

  @Test
  void aFailureOfTheServerIsAnError() throws Exception {
    RpcServer server = serve(failing(Status.DATA_LOSS));
    assertThat(catchThrowable(() -> InventoryRpc.client(channel(server)).reserve(REQUEST)))
        .isNotNull();
    List<SpanData> spans = spans(3);
    assertThat(served(spans).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(text(served(spans), "error.type")).isEqualTo("DATA_LOSS");
  }

  @Test
  void aCallThatABreakerRejectsSaysSo() throws Exception {
    MethodPolicy touchy =
        patient()
            .endpointBreaker(CircuitBreakerPolicy.off())
            .breaker(CircuitBreakerPolicy.builder().minimumSamples(1).failureRate(0.1).build())
            .build();
    RpcServer server = serve(failing(Status.INTERNAL));
    Inventory inventory = InventoryRpc.client(channel(server, touchy));
    assertThat(catchThrowable(() -> inventory.reserve(REQUEST))).isNotNull();
    spans(3);
    assertThat(catchThrowable(() -> inventory.reserve(REQUEST))).isNotNull();
    SpanData rejected = call(spans(1));
    assertThat(events(rejected)).containsExactly("circuit breaker rejects");
    assertThat(text(rejected, "fairlead.decided_by")).isEqualTo("breaker");
  }

  private static MethodContract<ReserveRequest, Reservation> look(CachePolicy cache) {
    return MethodContract.unary(
            "shop.v1.Inventory",
            "Reserve",
            ReserveRequest.getDefaultInstance(),
            Reservation.getDefaultInstance())
        .noSideEffects()
        .policy(MethodPolicy.builder().cache(cache).build())
        .build();
  }

  @Test
  void aResponseFromTheCacheSaysSo() throws Exception {
    RpcServer server = serve(answering());
    RpcChannel channel =
        add(tracing.addTo(RpcChannel.to("dns:///127.0.0.1:" + server.port())).build());
    MethodContract<ReserveRequest, Reservation> look =
        look(CachePolicy.builder().ttl(Duration.ofMinutes(5)).build());
    ClientCalls.over(channel).unary(look, REQUEST);
    assertThat(text(call(spans(3)), "fairlead.cache")).isEqualTo("miss");
    ClientCalls.over(channel).unary(look, REQUEST);
    SpanData hit = call(spans(1));
    assertThat(text(hit, "fairlead.cache")).isEqualTo("hit");
    assertThat(text(hit, "fairlead.decided_by")).isEqualTo("cache");
    assertThat(hit.getAttributes().get(AttributeKey.doubleKey("fairlead.cache.age")))
        .isBetween(0.0, 300.0);
  }

  @Test
  void aStaleResponseInPlaceOfAFailureSaysSo() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    RpcServer server =
        serve(
            new Inventory() {
              @Override
              public Reservation reserve(ReserveRequest request) {
                if (calls.incrementAndGet() > 1) {
                  throw Status.DATA_LOSS.asRuntimeException();
                }
                return Reservation.getDefaultInstance();
              }
            });
    RpcChannel channel =
        add(tracing.addTo(RpcChannel.to("dns:///127.0.0.1:" + server.port())).build());
    MethodContract<ReserveRequest, Reservation> look =
        look(CachePolicy.builder().staleIfError(Duration.ofMinutes(5)).build());
    ClientCalls.over(channel).unary(look, REQUEST);
    spans(3);
    ClientCalls.over(channel).unary(look, REQUEST);
    SpanData stale = call(spans(3));
    assertThat(text(stale, "fairlead.cache")).isEqualTo("stale");
    assertThat(stale.getAttributes().get(AttributeKey.doubleKey("fairlead.cache.age")))
        .isBetween(0.0, 300.0);
    assertThat(events(stale)).containsExactly("fallback served");
    assertThat(stale.getStatus().getStatusCode()).isNotEqualTo(StatusCode.ERROR);
  }

  @Test
  void aCallThatIsNotLetInHasASpanToo() throws Exception {
    RpcServer server =
        add(
            builder()
                .service(InventoryRpc.bind(answering()))
                .authorizer(Authorizer.byScopes(call -> null))
                .start());
    assertThat(catchThrowable(() -> InventoryRpc.client(channel(server)).reserve(REQUEST)))
        .isNotNull();
    assertThat(text(served(spans(3)), "fairlead.ending")).isEqualTo("rejected_by_authorizer");
  }

  /** Calls the store in the name of the call that is served, after a step on another thread. */
  private InventoryAsync front(CallContext call, RpcChannel store) {
    return new InventoryAsync() {
      @Override
      public CompletionStage<Reservation> reserve(ReserveRequest request) {
        CompletableFuture<Void> later = new CompletableFuture<>();
        CompletionStage<Reservation> answer =
            later.thenCompose(
                done -> InventoryRpc.asyncClient(call.channel(store)).reserve(request));
        new Thread(() -> later.complete(null), "elsewhere").start();
        return answer;
      }
    };
  }

  private static void assertChain(List<SpanData> spans, SpanData first) {
    SpanData parent = first;
    for (int i = 0; i < spans.size() - 1; i++) {
      String id = parent.getSpanId();
      parent =
          spans.stream()
              .filter(span -> span.getParentSpanId().equals(id))
              .findFirst()
              .orElseThrow();
      assertThat(parent.getTraceId()).isEqualTo(first.getTraceId());
    }
  }

  @Test
  void aContinuationGoesOnInTheTraceOfItsCall() throws Exception {
    RpcChannel store = channel(serve(answering()));
    RpcServer front =
        add(builder().service(InventoryRpc.bindAsync(call -> front(call, store))).start());
    InventoryRpc.client(channel(front)).reserve(REQUEST);
    List<SpanData> spans = spans(6);
    SpanData first =
        spans.stream()
            .filter(span -> !span.getParentSpanContext().isValid())
            .findFirst()
            .orElseThrow();
    assertChain(spans, first);
  }

  @Test
  void spansOfTheApplicationStandBetween() throws Exception {
    Tracer tracer = sdk.getTracer("shop");
    Inventory store = InventoryRpc.client(channel(serve(answering())));
    RpcServer front =
        serve(
            new Inventory() {
              @Override
              public Reservation reserve(ReserveRequest request) {
                Span shelf = tracer.spanBuilder("shelf").startSpan();
                try (Scope scope = shelf.makeCurrent()) {
                  assertThat(scope).isNotNull();
                  return store.reserve(request);
                } finally {
                  shelf.end();
                }
              }
            });
    Inventory inventory = InventoryRpc.client(channel(front));
    Span order = tracer.spanBuilder("order").startSpan();
    try (Scope scope = order.makeCurrent()) {
      assertThat(scope).isNotNull();
      inventory.reserve(REQUEST);
    } finally {
      order.end();
    }
    List<SpanData> spans = spans(8);
    assertChain(spans, named(spans, "order", SpanKind.INTERNAL).get(0));
  }

  @Test
  void aTraceThatIsNotRecordedIsPassedOn() throws Exception {
    List<String> headers = new CopyOnWriteArrayList<>();
    try (OpenTelemetrySdk off = sdk(Sampler.alwaysOff())) {
      RpcServer server =
          add(
              RpcServer.builder("inventory")
                  .host("127.0.0.1")
                  .port(0)
                  .service(InventoryRpc.bind(answering()))
                  .observer(outcome -> headers.add(outcome.header("traceparent").orElse("none")))
                  .start());
      RpcChannel channel =
          add(
              OpenTelemetryTracing.create(off)
                  .addTo(RpcChannel.to("127.0.0.1:" + server.port()))
                  .service(InventoryRpc.service())
                  .policy(METHOD, patient().build())
                  .build());
      InventoryRpc.client(channel).reserve(REQUEST);
      channel.close();
      server.close();
    }
    assertThat(headers).singleElement().asString().matches(".*-0[02]");
    assertThat(ended).isEmpty();
  }

  @Test
  void withoutAnSdkCallsGoOn() throws Exception {
    OpenTelemetryTracing none = OpenTelemetryTracing.create(OpenTelemetry.noop());
    RpcServer server =
        add(
            none.addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0))
                .service(InventoryRpc.bind(answering()))
                .start());
    RpcChannel channel =
        add(
            none.addTo(RpcChannel.to("127.0.0.1:" + server.port()))
                .service(InventoryRpc.service())
                .policy(METHOD, patient().build())
                .build());
    assertThat(InventoryRpc.client(channel).reserve(REQUEST)).isNotNull();
  }

  @Test
  void theAccessLogNamesTheTrace() throws Exception {
    LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    AccessLog log = add(AccessLog.to(lines::add).build());
    RpcServer server =
        add(builder().service(InventoryRpc.bind(failing(Status.NOT_FOUND))).observer(log).start());
    assertThat(catchThrowable(() -> InventoryRpc.client(channel(server)).reserve(REQUEST)))
        .isNotNull();
    List<SpanData> spans = spans(3);
    assertThat(lines.poll(50, TimeUnit.SECONDS))
        .contains("\"trace_id\":\"" + call(spans).getTraceId() + "\"")
        .contains("\"span_id\":\"" + served(spans).getSpanId() + "\"")
        .contains("\"parent_span_id\":\"" + attempts(spans).get(0).getSpanId() + "\"");
  }
}
