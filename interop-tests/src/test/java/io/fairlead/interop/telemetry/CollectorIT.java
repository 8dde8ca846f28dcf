package io.fairlead.interop.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.fairlead.client.RpcChannel;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.depot.Failure;
import io.fairlead.interop.depot.ListRequest;
import io.fairlead.interop.depot.RefillRequest;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.MetricFamily.Point;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryAccessLog;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryMetrics;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryTracing;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an application sends to a real collector over OTLP is what it has called. */
@Timeout(600)
class CollectorIT {
  private static final String STORE = "depot.v1.Depot/Store";

  /** In the order of their numbers in OTLP. */
  private static final List<String> KINDS = List.of("", "INTERNAL", "SERVER", "CLIENT");

  private static final List<String> STATUSES = List.of("UNSET", "OK", "ERROR");

  /** Of five calls six attempts, and six calls served. */
  private static final int SPANS = 5 + 6 + 6;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final LinkedBlockingQueue<SpanData> made = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Telemetry telemetry = Telemetry.create();

  /** Keeps each span as it was made. */
  private final class Witness implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      made.add(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }

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

  private OpenTelemetrySdk sdk(Collector collector, OpenTelemetryMetrics metrics) {
    String endpoint = "http://" + collector.address();
    Resource resource = Resource.builder().put("service.name", "java").build();
    return add(
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .setResource(resource)
                    .addSpanProcessor(new Witness())
                    .addSpanProcessor(
                        BatchSpanProcessor.builder(
                                OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).build())
                            .build())
                    .build())
            .setMeterProvider(
                SdkMeterProvider.builder()
                    .setResource(resource)
                    .registerMetricReader(
                        PeriodicMetricReader.builder(
                                OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).build())
                            .setInterval(Duration.ofHours(1))
                            .build())
                    .registerMetricProducer(metrics)
                    .build())
            .setLoggerProvider(
                SdkLoggerProvider.builder()
                    .setResource(resource)
                    .addLogRecordProcessor(
                        // One by one, more than five at once would be refused by the exporter.
                        BatchLogRecordProcessor.builder(
                                OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).build())
                            .build())
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build());
  }

  /** Three good calls, one that fails, and one that is repeated. */
  private void call(OpenTelemetrySdk sdk) throws Exception {
    OpenTelemetryTracing tracing = OpenTelemetryTracing.create(sdk);
    AccessLog log = OpenTelemetryAccessLog.to(sdk).sample(1).build();
    AccessLog.Sink witness = lines::add;
    AccessLog sameLines = add(AccessLog.to(witness).sample(1).build());
    try (OurDepot server =
            OurDepot.start(
                "depot",
                "java",
                builder ->
                    tracing.addTo(builder).observer(telemetry).observer(log).observer(sameLines));
        RpcChannel channel =
            tracing
                .addTo(RpcChannel.to("dns:///" + server.address()))
                .service(DepotRpc.service())
                .observer(telemetry)
                .build()) {
      Depot depot = DepotRpc.client(channel);
      for (int i = 0; i < 2; i++) {
        assertThat(depot.store(StoreRequest.newBuilder().setText("pan").build())).isNotNull();
      }
      assertThat(depot.list(ListRequest.newBuilder().setCount(5).build()).toList()).hasSize(5);
      Failure failure =
          Failure.newBuilder().setCode(Status.Code.NOT_FOUND.value()).setMessage("none").build();
      assertThatThrownBy(() -> depot.store(StoreRequest.newBuilder().setFailure(failure).build()))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(
              depot
                  .refill(RefillRequest.newBuilder().setId("pan").setFailures(1).build())
                  .getAsked())
          .isEqualTo(2);
    }
    // Closing waits for the lines.
    log.close();
  }

  private List<SpanData> madeSpans() throws InterruptedException {
    List<SpanData> spans = new ArrayList<>();
    while (spans.size() < SPANS) {
      SpanData span = made.poll(1, TimeUnit.MINUTES);
      assertThat(span).as("after %s", spans).isNotNull();
      spans.add(span);
    }
    return spans;
  }

  private static void flushed(CompletableResultCode flush) {
    assertThat(flush.join(1, TimeUnit.MINUTES).isSuccess()).isTrue();
  }

  @Test
  void everySpanAndFigureAndLineArrivesAsItWasCalled() throws Exception {
    Collector collector = add(Collector.start());
    OpenTelemetrySdk sdk = sdk(collector, OpenTelemetryMetrics.create(telemetry));
    call(sdk);
    List<SpanData> spans = madeSpans();
    flushed(sdk.getSdkTracerProvider().forceFlush());
    flushed(sdk.getSdkMeterProvider().forceFlush());
    flushed(sdk.getSdkLoggerProvider().forceFlush());
    spansAreThoseOf(spans, collector);
    figuresAreThoseOf(telemetry, collector);
    linesAreThose(collector);
  }

  private static <K> JsonObject arrived(Map<K, JsonObject> all, K key) {
    return Objects.requireNonNull(
        all.get(key), () -> key + " has not arrived, but " + all.keySet());
  }

  private static void spansAreThoseOf(List<SpanData> made, Collector collector) {
    List<Collector.Arrival> arrived = collector.spans();
    assertThat(arrived).hasSize(made.size());
    assertThat(arrived).allSatisfy(each -> assertThat(each.service()).isEqualTo("java"));
    Map<String, JsonObject> bySpan = new HashMap<>();
    arrived.forEach(each -> bySpan.put(Otlp.text(each.value(), "spanId"), each.value()));
    for (SpanData span : made) {
      JsonObject same = arrived(bySpan, span.getSpanId());
      assertThat(Otlp.text(same, "traceId")).isEqualTo(span.getTraceId());
      assertThat(Otlp.text(same, "parentSpanId"))
          .isEqualTo(span.getParentSpanContext().isValid() ? span.getParentSpanId() : "");
      assertThat(Otlp.text(same, "name")).isEqualTo(span.getName());
      assertThat(KINDS.get((int) Otlp.number(same, "kind"))).isEqualTo(span.getKind().name());
      assertThat(Otlp.number(same, "startTimeUnixNano")).isEqualTo(span.getStartEpochNanos());
      assertThat(Otlp.number(same, "endTimeUnixNano")).isEqualTo(span.getEndEpochNanos());
      assertThat(Otlp.attributes(same)).isEqualTo(Otlp.attributes(span.getAttributes()));
      JsonObject status = same.getAsJsonObject("status");
      assertThat(Otlp.text(status, "message")).isEqualTo(span.getStatus().getDescription());
      assertThat(STATUSES.get((int) Otlp.number(status, "code")))
          .isEqualTo(span.getStatus().getStatusCode().name());
      List<String> events = new ArrayList<>();
      Otlp.list(same, "events")
          .forEach(event -> events.add(Otlp.text(event.getAsJsonObject(), "name")));
      assertThat(events).isEqualTo(span.getEvents().stream().map(EventData::getName).toList());
    }
    shapeOf(made);
  }

  /** What was called, by the spans that were made. */
  private static void shapeOf(List<SpanData> made) {
    Map<String, Long> names =
        made.stream()
            .collect(
                Collectors.groupingBy(
                    span -> span.getKind() + " " + span.getName(), Collectors.counting()));
    String list = "depot.v1.Depot/List";
    String refill = "depot.v1.Depot/Refill";
    assertThat(names)
        .isEqualTo(
            Map.of(
                "CLIENT " + STORE, 3L,
                "CLIENT Attempt." + STORE, 3L,
                "SERVER " + STORE, 3L,
                "CLIENT " + list, 1L,
                "CLIENT Attempt." + list, 1L,
                "SERVER " + list, 1L,
                "CLIENT " + refill, 1L,
                "CLIENT Attempt." + refill, 2L,
                "SERVER " + refill, 2L));
    assertThat(made.stream().map(SpanData::getTraceId).distinct()).hasSize(5);
  }

  private static void figuresAreThoseOf(Telemetry telemetry, Collector collector) {
    Map<String, JsonObject> arrived = new HashMap<>();
    collector.metrics().forEach(each -> arrived.put(Otlp.text(each.value(), "name"), each.value()));
    List<MetricFamily> families = telemetry.collect();
    assertThat(arrived.keySet())
        .containsExactlyInAnyOrderElementsOf(families.stream().map(MetricFamily::name).toList());
    int compared = 0;
    for (MetricFamily family : families) {
      JsonObject metric = arrived(arrived, family.name());
      assertThat(Otlp.text(metric, "unit")).isEqualTo(family.unit());
      assertThat(Otlp.text(metric, "description")).isEqualTo(family.help());
      // The others move on, such as the memory of the machine.
      if (family.name().startsWith("grpc.")) {
        Map<Map<String, Object>, JsonObject> points = points(metric);
        assertThat(points).hasSameSizeAs(family.points());
        for (Point point : family.points()) {
          same(arrived(points, Map.<String, Object>copyOf(point.labels())), point, family);
          compared++;
        }
      }
    }
    // Both sides of three methods with two statuses, and their sizes, at the least.
    assertThat(compared).isGreaterThan(20);
  }

  private static Map<Map<String, Object>, JsonObject> points(JsonObject metric) {
    String kind =
        List.of("sum", "gauge", "histogram").stream().filter(metric::has).findFirst().orElseThrow();
    Map<Map<String, Object>, JsonObject> points = new HashMap<>();
    for (JsonElement each : Otlp.list(metric.getAsJsonObject(kind), "dataPoints")) {
      points.put(Otlp.attributes(each.getAsJsonObject()), each.getAsJsonObject());
    }
    return points;
  }

  private static void same(JsonObject arrived, Point point, MetricFamily family) {
    if (family.type() != MetricFamily.Type.HISTOGRAM) {
      assertThat(Otlp.number(arrived, "asInt")).isEqualTo(Math.round(point.value()));
      return;
    }
    HistogramSnapshot histogram = point.histogram();
    assertThat(Otlp.number(arrived, "count")).isEqualTo(histogram.count());
    assertThat(arrived.get("sum").getAsDouble()).isEqualTo(histogram.sum());
    List<Double> bounds = new ArrayList<>();
    Otlp.list(arrived, "explicitBounds").forEach(each -> bounds.add(each.getAsDouble()));
    List<Long> counts = new ArrayList<>();
    Otlp.list(arrived, "bucketCounts").forEach(each -> counts.add(each.getAsLong()));
    assertThat(bounds).containsExactly(boxed(histogram.classicBounds()));
    assertThat(counts).isEqualTo(Arrays.stream(histogram.classicCounts()).boxed().toList());
  }

  private static Double[] boxed(double[] values) {
    return Arrays.stream(values).boxed().toArray(Double[]::new);
  }

  /** Two logs look at the clock one after the other. */
  private static String withoutTime(String line) {
    assertThat(line).startsWith("{\"time\":\"");
    return line.substring(line.indexOf(','));
  }

  private void linesAreThose(Collector collector) {
    List<JsonObject> logs = collector.logs().stream().map(Collector.Arrival::value).toList();
    assertThat(logs)
        .extracting(each -> withoutTime(Otlp.text(each.getAsJsonObject("body"), "stringValue")))
        .containsExactlyInAnyOrderElementsOf(lines.stream().map(CollectorIT::withoutTime).toList());
    assertThat(logs).hasSize(6);
    Map<String, Long> traces =
        collector.spans().stream()
            .collect(
                Collectors.groupingBy(
                    each -> Otlp.text(each.value(), "traceId"), Collectors.counting()));
    assertThat(logs)
        .allSatisfy(
            each -> {
              assertThat(traces).containsKey(Otlp.text(each, "traceId"));
              assertThat(Otlp.text(each, "spanId")).hasSize(16);
            });
  }

  @Test
  void whoAskedForExponentialBucketsAndTheNamesOfTheConventionsSendsThem() throws Exception {
    Collector collector = add(Collector.start());
    OpenTelemetrySdk sdk =
        sdk(
            collector,
            OpenTelemetryMetrics.builder(telemetry)
                .exponentialHistograms()
                .rpcConventions()
                .build());
    call(sdk);
    flushed(sdk.getSdkMeterProvider().forceFlush());
    Map<String, JsonObject> arrived = new HashMap<>();
    collector.metrics().forEach(each -> arrived.put(Otlp.text(each.value(), "name"), each.value()));
    JsonObject served = arrived(arrived, "rpc.server.call.duration");
    long count = 0;
    for (JsonElement each :
        Otlp.list(served.getAsJsonObject("exponentialHistogram"), "dataPoints")) {
      JsonObject point = each.getAsJsonObject();
      long held = Otlp.number(point, "zeroCount");
      for (JsonElement bucket : Otlp.list(point.getAsJsonObject("positive"), "bucketCounts")) {
        held += bucket.getAsLong();
      }
      assertThat(held).isEqualTo(Otlp.number(point, "count"));
      assertThat(Otlp.number(point, "scale")).isEqualTo(3);
      assertThat(Otlp.attributes(point)).containsEntry("rpc.system.name", "grpc");
      count += held;
    }
    assertThat(count).as("calls that were served").isEqualTo(6);
  }
}
