package io.fairlead.telemetry.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.CallContext;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** A share of the traces is recorded as a whole, and of the others the SDK never hears. */
@Timeout(60)
class HeadSamplingTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";
  private static final ReserveRequest REQUEST = ReserveRequest.getDefaultInstance();
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  /** The caller's call and attempt, those of the server in front, and both handlers. */
  private static final int SPANS_OF_A_CHAIN = 6;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final LinkedBlockingQueue<SpanData> ended = new LinkedBlockingQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final List<String> parents = new CopyOnWriteArrayList<>();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .setSampler(new CountingSampler())
                  .addSpanProcessor(new Collector())
                  .build())
          .setPropagators(
              ContextPropagators.create(
                  TextMapPropagator.composite(
                      W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())))
          .build();

  /** As an SDK has it by default; counts how often it is asked. */
  private final class CountingSampler implements Sampler {
    private final Sampler usual = Sampler.parentBased(Sampler.alwaysOn());

    @Override
    public SamplingResult shouldSample(
        Context parent,
        String traceId,
        String name,
        SpanKind kind,
        Attributes attributes,
        List<LinkData> links) {
      asked.incrementAndGet();
      return usual.shouldSample(parent, traceId, name, kind, attributes, links);
    }

    @Override
    public String getDescription() {
      return "counting";
    }
  }

  /** Keeps each span when it has ended. */
  private final class Collector implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

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

  @AfterEach
  void close() throws Exception {
    closeAll();
    sdk.close();
  }

  private void closeAll() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    return resource;
  }

  private OpenTelemetryTracing sampled(double share) {
    return OpenTelemetryTracing.builder(sdk).sampled(share).build();
  }

  /** Notes the header with which each call came. */
  private RpcServer.Builder server(OpenTelemetryTracing tracing) {
    return tracing
        .addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0))
        .observer(outcome -> parents.add(outcome.header("traceparent").orElse("none")));
  }

  private static MethodPolicy.Builder patient() {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(50))
        .failureMode(FailureMode.FAILFAST);
  }

  private RpcChannel channel(
      @Nullable OpenTelemetryTracing tracing, RpcServer server, MethodPolicy policy) {
    RpcChannel.Builder builder = RpcChannel.to("dns:///127.0.0.1:" + server.port());
    return add(
        (tracing == null ? builder : tracing.addTo(builder))
            .service(InventoryRpc.service())
            .policy(METHOD, policy)
            .build());
  }

  private RpcChannel channel(@Nullable OpenTelemetryTracing tracing, RpcServer server) {
    return channel(tracing, server, patient().build());
  }

  private static Inventory answering(Runnable inHandler) {
    return new Inventory() {
      @Override
      public Reservation reserve(ReserveRequest request) {
        inHandler.run();
        return Reservation.getDefaultInstance();
      }
    };
  }

  /** A server that calls another one, after a step on another thread. Returns a caller of it. */
  private Inventory chain(OpenTelemetryTracing tracing, Runnable inStore) {
    RpcServer storeServer =
        add(server(tracing).service(InventoryRpc.bind(answering(inStore))).start());
    RpcChannel store = channel(tracing, storeServer);
    RpcServer front =
        add(server(tracing).service(InventoryRpc.bindAsync(call -> front(call, store))).start());
    return InventoryRpc.client(channel(tracing, front));
  }

  private static InventoryAsync front(CallContext call, RpcChannel store) {
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

  private List<SpanData> spans(int count) throws InterruptedException {
    List<SpanData> spans = new ArrayList<>();
    while (spans.size() < count) {
      SpanData span = ended.poll(50, TimeUnit.SECONDS);
      assertThat(span).as("after %s", spans).isNotNull();
      spans.add(span);
    }
    return spans;
  }

  @Test
  void aTraceIsRecordedAsAWholeOrNotAtAll() throws Exception {
    double[] draws = {0.1, 0.9, 0.5, 0.2, 0.7, 0.3};
    AtomicInteger drawn = new AtomicInteger();
    OpenTelemetryTracing tracing =
        OpenTelemetryTracing.builder(sdk)
            .sampled(0.5)
            .random(() -> draws[drawn.getAndIncrement()])
            .build();
    Inventory inventory = chain(tracing, () -> {});
    for (double each : draws) {
      assertThat(inventory.reserve(REQUEST)).as("%s", each).isNotNull();
    }
    assertThat(drawn).as("one decision for each trace").hasValue(draws.length);
    Map<String, List<SpanData>> traces =
        spans(3 * SPANS_OF_A_CHAIN).stream().collect(Collectors.groupingBy(SpanData::getTraceId));
    assertThat(traces).hasSize(3);
    traces.values().forEach(HeadSamplingTest::isComplete);
    closeAll();
    assertThat(ended).as("nothing of the other traces").isEmpty();
    assertThat(asked).hasValue(3 * SPANS_OF_A_CHAIN);
  }

  private static void isComplete(List<SpanData> trace) {
    assertThat(trace).hasSize(SPANS_OF_A_CHAIN);
    Set<String> ids = trace.stream().map(SpanData::getSpanId).collect(Collectors.toSet());
    Set<String> above = new HashSet<>();
    int roots = 0;
    for (SpanData span : trace) {
      if (span.getParentSpanContext().isValid()) {
        above.add(span.getParentSpanId());
      } else {
        roots++;
      }
    }
    assertThat(roots).isEqualTo(1);
    assertThat(ids).as("each has its parent").containsAll(above);
  }

  @Test
  void aTraceThatIsNotRecordedHasIdsAndCostsTheSdkNothing() throws Exception {
    List<TraceContext> inStore = new CopyOnWriteArrayList<>();
    Inventory inventory =
        chain(sampled(0), () -> inStore.add(TraceContext.current().orElseThrow()));
    inventory.reserve(REQUEST);
    closeAll();
    assertThat(asked).hasValue(0);
    assertThat(parents).hasSize(2).allMatch(each -> each.endsWith("-00"));
    assertThat(parents)
        .extracting(each -> each.substring(3, 35))
        .containsOnly(inStore.get(0).traceId());
    assertThat(parents)
        .extracting(each -> each.substring(36, 52))
        .contains(inStore.get(0).parentSpanId().orElseThrow())
        .doesNotHaveDuplicates()
        .doesNotContain(inStore.get(0).spanId());
  }

  @Test
  void everyAttemptOfACallThatIsNotRecordedSendsItsIds() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    RpcServer server =
        add(
            server(sampled(0))
                .service(
                    InventoryRpc.bind(
                        answering(
                            () -> {
                              if (calls.getAndIncrement() == 0) {
                                throw Status.UNAVAILABLE.asRuntimeException();
                              }
                            })))
                .start());
    MethodPolicy repeating =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(50))
            .retry(
                RetryPolicy.builder()
                    .attempts(2)
                    .perAttempt(Duration.ofSeconds(50))
                    .backoff(Duration.ofMillis(1))
                    .build())
            .build();
    InventoryRpc.client(channel(sampled(0), server, repeating)).reserve(REQUEST);
    closeAll();
    assertThat(parents).hasSize(2);
    assertThat(parents.get(0)).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
    assertThat(parents.get(1)).isEqualTo(parents.get(0));
    assertThat(asked).hasValue(0);
  }

  private void callWith(RpcServer server, String traceparent) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceparent);
    headers.put(
        Metadata.Key.of("tracestate", Metadata.ASCII_STRING_MARSHALLER), "congo=t61,rojo=1");
    RpcChannel channel =
        add(
            RpcChannel.to("dns:///127.0.0.1:" + server.port())
                .service(InventoryRpc.service())
                .policy(METHOD, patient().build())
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build());
    assertThat(InventoryRpc.client(channel).reserve(REQUEST)).isNotNull();
  }

  @Test
  void whatAnotherProcessRecordsIsRecordedHere() throws Exception {
    RpcServer server =
        add(server(sampled(0)).service(InventoryRpc.bind(answering(() -> {}))).start());
    callWith(server, "00-" + TRACE + "-" + SPAN + "-01");
    SpanData served = spans(1).get(0);
    assertThat(served.getTraceId()).isEqualTo(TRACE);
    assertThat(served.getParentSpanId()).isEqualTo(SPAN);
  }

  @Test
  void whatAnotherProcessDoesNotRecordIsNotRecordedHere() throws Exception {
    List<SpanContext> inHandler = new CopyOnWriteArrayList<>();
    OpenTelemetryTracing tracing = sampled(1);
    RpcServer server =
        add(
            server(tracing)
                .service(
                    InventoryRpc.bind(
                        answering(
                            () -> {
                              Span own = sdk.getTracer("shop").spanBuilder("shelf").startSpan();
                              assertThat(own.isRecording()).isFalse();
                              inHandler.add(Span.current().getSpanContext());
                              inHandler.add(own.getSpanContext());
                            })))
                .start());
    callWith(server, "00-" + TRACE + "-" + SPAN + "-00");
    closeAll();
    assertThat(ended).isEmpty();
    assertThat(inHandler)
        .hasSize(2)
        .allSatisfy(
            each -> {
              assertThat(each.isValid()).isTrue();
              assertThat(each.getTraceId()).isEqualTo(TRACE);
              assertThat(each.isSampled()).isFalse();
            });
    assertThat(inHandler.get(0).getTraceState().asMap())
        .containsExactly(Map.entry("congo", "t61"), Map.entry("rojo", "1"));
  }

  @Test
  void aSpanThatIsCurrentDecides() throws Exception {
    RpcServer server =
        add(server(sampled(0)).service(InventoryRpc.bind(answering(() -> {}))).start());
    Inventory never = InventoryRpc.client(channel(sampled(0), server));
    Inventory always = InventoryRpc.client(channel(sampled(1), server));
    Span order = sdk.getTracer("shop").spanBuilder("order").startSpan();
    try (Scope scope = order.makeCurrent()) {
      assertThat(scope).isNotNull();
      never.reserve(REQUEST);
    } finally {
      order.end();
    }
    assertThat(spans(4))
        .extracting(SpanData::getTraceId)
        .containsOnly(order.getSpanContext().getTraceId());
    Span unrecorded =
        Span.wrap(
            SpanContext.create(TRACE, SPAN, TraceFlags.getDefault(), TraceState.getDefault()));
    try (Scope scope = unrecorded.makeCurrent()) {
      assertThat(scope).isNotNull();
      always.reserve(REQUEST);
    }
    closeAll();
    assertThat(ended).isEmpty();
    assertThat(parents)
        .filteredOn(each -> each.startsWith("00-" + TRACE))
        .singleElement()
        .asString()
        .endsWith("-00")
        .doesNotContain(SPAN);
  }

  @Test
  void baggageTravelsWithATraceThatIsNotRecorded() throws Exception {
    List<String> inStore = new CopyOnWriteArrayList<>();
    Inventory inventory =
        chain(
            sampled(0),
            () -> inStore.add(String.valueOf(Baggage.current().getEntryValue("tenant"))));
    Baggage baggage = Baggage.builder().put("tenant", "a b").build();
    try (Scope scope = Context.current().with(baggage).makeCurrent()) {
      assertThat(scope).isNotNull();
      inventory.reserve(REQUEST);
    }
    closeAll();
    assertThat(inStore).containsExactly("a b");
    assertThat(parents)
        .extracting(each -> each.substring(3, 35))
        .hasSize(2)
        .containsOnly(parents.get(0).substring(3, 35));
    assertThat(asked).hasValue(0);
  }

  @Test
  void propagatorsOfOtherHeadersAreRefused() {
    assertThatThrownBy(
            () -> OpenTelemetryTracing.builder(OpenTelemetry.noop()).sampled(0.01).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "sampled(0.01) needs propagators of W3C headers alone, and those of this OpenTelemetry"
                + " have []; give it W3CTraceContextPropagator, and W3CBaggagePropagator if you"
                + " like, or leave sampling to the sampler of the SDK");
    assertThatThrownBy(() -> OpenTelemetryTracing.builder(sdk).sampled(1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sampled 1.5 is not between 0 and 1");
  }
}
