package io.fairlead.telemetry.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.TraceContext;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.resources.Resource;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.InventoryRpc;
import shop.v1.ObservedInventory;
import shop.v1.ReserveRequest;

/** The metrics of real calls, as a reader of an SDK gets them. */
@Timeout(60)
class OpenTelemetryMetricsTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";
  private static final AttributeKey<String> GRPC_METHOD = AttributeKey.stringKey("grpc.method");
  private static final AttributeKey<String> GRPC_STATUS = AttributeKey.stringKey("grpc.status");
  private static final AttributeKey<String> GRPC_TARGET = AttributeKey.stringKey("grpc.target");

  private final Telemetry telemetry = Telemetry.create();

  private final ObservedInventory inventory = ObservedInventory.start(telemetry);

  @AfterEach
  void stop() {
    inventory.close();
  }

  private void call() {
    inventory.reserve(2);
    inventory.fail();
  }

  private static Collection<MetricData> read(OpenTelemetryMetrics metrics) {
    ManualReader reader = new ManualReader();
    try (SdkMeterProvider provider =
        SdkMeterProvider.builder()
            .setResource(Resource.create(Attributes.builder().put("service.name", "till").build()))
            .registerMetricReader(reader)
            .registerMetricProducer(metrics)
            .build()) {
      Collection<MetricData> read = reader.read();
      assertThat(provider.forceFlush().isSuccess()).isTrue();
      return read;
    }
  }

  private static MetricData named(Collection<MetricData> all, String name) {
    List<MetricData> found = all.stream().filter(each -> each.getName().equals(name)).toList();
    assertThat(found).as(name + " of " + names(all)).hasSize(1);
    return found.get(0);
  }

  private static Collection<String> names(Collection<MetricData> all) {
    return all.stream().map(MetricData::getName).collect(Collectors.toSet());
  }

  private static <P extends PointData> P point(Collection<P> points, Attributes attributes) {
    assertThat(points).extracting(PointData::getAttributes).contains(attributes);
    return points.stream()
        .filter(each -> each.getAttributes().equals(attributes))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anSdkExportsTheCountsOfBothSidesWithGrpcsNamesAndBuckets() {
    call();
    Collection<MetricData> all = read(OpenTelemetryMetrics.create(telemetry));
    MetricData served = named(all, "grpc.server.call.duration");
    assertThat(served.getUnit()).isEqualTo("s");
    assertThat(served.getInstrumentationScopeInfo().getName()).isEqualTo("io.fairlead");
    assertThat(served.getResource().getAttributes().asMap())
        .containsEntry(AttributeKey.stringKey("service.name"), "till");
    assertThat(served.getHistogramData().getAggregationTemporality())
        .isEqualTo(AggregationTemporality.CUMULATIVE);
    HistogramPointData ok =
        point(
            served.getHistogramData().getPoints(),
            Attributes.of(GRPC_METHOD, METHOD, GRPC_STATUS, "OK"));
    assertThat(ok.getCount()).isEqualTo(2);
    assertThat(ok.getCounts().stream().mapToLong(Long::longValue).sum()).isEqualTo(2);
    assertThat(ok.getSum()).isPositive();
    // The bounds of gRFC A66.
    assertThat(ok.getBoundaries()).startsWith(0.0, .00001, .00005).endsWith(20.0, 50.0, 100.0);
    assertThat(ok.getCounts()).hasSize(ok.getBoundaries().size() + 1);

    Attributes failed =
        Attributes.of(
            GRPC_METHOD, METHOD, GRPC_TARGET, inventory.target(), GRPC_STATUS, "NOT_FOUND");
    for (String name : List.of("grpc.client.call.duration", "grpc.client.attempt.duration")) {
      assertThat(point(named(all, name).getHistogramData().getPoints(), failed).getCount())
          .isEqualTo(1);
    }
    MetricData started = named(all, "grpc.client.attempt.started");
    assertThat(started.getLongSumData().isMonotonic()).isTrue();
    assertThat(
            point(
                    started.getLongSumData().getPoints(),
                    Attributes.of(GRPC_METHOD, METHOD, GRPC_TARGET, inventory.target()))
                .getValue())
        .isEqualTo(3);
  }

  @Test
  void everyFigureOfTheTelemetryArrives() {
    telemetry.watch(inventory.server());
    telemetry.watch(inventory.channel());
    call();
    Collection<MetricData> all = read(OpenTelemetryMetrics.create(telemetry));
    assertThat(names(all))
        .containsExactlyInAnyOrderElementsOf(
            telemetry.collect().stream().map(MetricFamily::name).toList());
    assertThat(all).allSatisfy(each -> assertThat(each.isEmpty()).as(each.getName()).isFalse());

    MetricData serving = named(all, "fairlead.server.serving");
    LongPointData point =
        point(
            serving.getLongSumData().getPoints(),
            Attributes.of(AttributeKey.longKey("server.port"), (long) inventory.server().port()));
    assertThat(point.getValue()).isEqualTo(1);
    assertThat(serving.getLongSumData().isMonotonic()).isFalse();
    MetricData latency = named(all, "fairlead.client.endpoint.latency");
    assertThat(latency.getType()).isEqualTo(MetricDataType.DOUBLE_GAUGE);
    MetricData processor = named(all, "jvm.cpu.time");
    assertThat(processor.getDoubleSumData().isMonotonic()).isTrue();
  }

  /** Rates of the first interval are wrong if the start is after the first count. */
  @Test
  void countsBeginWithTheProcessAndEndNow() {
    call();
    HistogramPointData point =
        named(read(OpenTelemetryMetrics.create(telemetry)), "grpc.server.call.duration")
            .getHistogramData()
            .getPoints()
            .iterator()
            .next();
    long process = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getStartTime()).toNanos();
    assertThat(point.getStartEpochNanos()).isEqualTo(process);
    assertThat(point.getEpochNanos()).isGreaterThan(process);
  }

  @Test
  void whoWantsTheNamesOfTheConventionsGetsThem() {
    call();
    Collection<MetricData> all =
        read(OpenTelemetryMetrics.builder(telemetry).rpcConventions().build());
    assertThat(names(all))
        .contains("rpc.client.call.duration", "rpc.server.call.duration")
        .contains("grpc.client.attempt.duration")
        .doesNotContain("grpc.client.call.duration", "grpc.server.call.duration");
    Attributes call =
        Attributes.of(
            AttributeKey.stringKey("rpc.system.name"),
            "grpc",
            AttributeKey.stringKey("rpc.method"),
            METHOD,
            AttributeKey.stringKey("rpc.status_code"),
            "NOT_FOUND");
    // What the caller did wrong is no error of the server; to the client every failure is one.
    MetricData served = named(all, "rpc.server.call.duration");
    assertThat(point(served.getHistogramData().getPoints(), call).getCount()).isEqualTo(1);
    Attributes made =
        call.toBuilder()
            .put("error.type", "NOT_FOUND")
            .put("server.address", "127.0.0.1")
            .put("server.port", inventory.server().port())
            .build();
    MetricData called = named(all, "rpc.client.call.duration");
    assertThat(point(called.getHistogramData().getPoints(), made).getCount()).isEqualTo(1);
  }

  private void called(String target, int milliseconds) {
    telemetry.callEnded(
        CallOutcome.builder(METHOD, target, ResolvedPolicy.of(List.of()))
            .totalTime(Duration.ofMillis(milliseconds))
            .build());
  }

  /** A backend keeps one of two points with the same attributes, or refuses both. */
  @Test
  void callsOfAServerThatHasTwoTargetsAreOnePointOfTheConventions() {
    called("dns:///pricing:50051", 3);
    called("pricing:50051", 3);
    called("pricing:50051", 400);
    called("pricing:50052", 3);
    OpenTelemetryMetrics.Builder explicit =
        OpenTelemetryMetrics.builder(telemetry).rpcConventions();
    List<HistogramPointData> points =
        List.copyOf(
            named(read(explicit.build()), "rpc.client.call.duration")
                .getHistogramData()
                .getPoints());
    assertThat(points).extracting(PointData::getAttributes).hasSize(2).doesNotHaveDuplicates();
    AttributeKey<Long> port = AttributeKey.longKey("server.port");
    HistogramPointData both =
        points.stream()
            .filter(each -> Objects.equals(each.getAttributes().get(port), 50051L))
            .findFirst()
            .orElseThrow();
    assertThat(both.getCount()).isEqualTo(3);
    assertThat(both.getSum()).isCloseTo(0.406, within(1e-9));
    List<ExponentialHistogramPointData> exponential =
        List.copyOf(
            named(read(explicit.exponentialHistograms().build()), "rpc.client.call.duration")
                .getExponentialHistogramData()
                .getPoints());
    assertThat(exponential)
        .extracting(ExponentialHistogramPointData::getCount)
        .containsExactlyInAnyOrder(3L, 1L);
    // gRPC's own names have the canonical target, which is one as well.
    assertThat(
            named(read(OpenTelemetryMetrics.create(telemetry)), "grpc.client.call.duration")
                .getHistogramData()
                .getPoints())
        .hasSize(2);
  }

  @Test
  void aMethodThatNobodyHasIsOther() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    inventory.channel(),
                    InventoryRpc.RESERVE.descriptor().toBuilder()
                        .setFullMethodName("shop.v1.Inventory/Steal")
                        .build(),
                    CallOptions.DEFAULT,
                    ReserveRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    inventory.awaitCounted(1);
    HistogramPointData ours =
        named(read(OpenTelemetryMetrics.create(telemetry)), "grpc.server.call.duration")
            .getHistogramData()
            .getPoints()
            .iterator()
            .next();
    assertThat(ours.getAttributes().get(GRPC_METHOD)).isEqualTo("other");
    HistogramPointData theirs =
        named(
                read(OpenTelemetryMetrics.builder(telemetry).rpcConventions().build()),
                "rpc.server.call.duration")
            .getHistogramData()
            .getPoints()
            .iterator()
            .next();
    assertThat(theirs.getAttributes().get(AttributeKey.stringKey("rpc.method")))
        .isEqualTo("_OTHER");
  }

  @Test
  void exponentialHistogramsNameASampledCall() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    String span = "00f067aa0ba902b7";
    Telemetry traced = Telemetry.builder().exemplars().build();
    for (boolean sampled : new boolean[] {true, false}) {
      traced.callEnded(
          ServerCallOutcome.builder(METHOD)
              .context(
                  TraceContext.of(sampled ? trace : trace.replace('4', '5'), span, "", sampled)
                      .in(Context.ROOT))
              .totalTime(Duration.ofMillis(sampled ? 3 : 4))
              .build());
    }
    MetricData served =
        named(
            read(OpenTelemetryMetrics.builder(traced).exponentialHistograms().build()),
            "grpc.server.call.duration");
    assertThat(served.getExponentialHistogramData().getPoints().iterator().next().getExemplars())
        .singleElement()
        .satisfies(
            exemplar -> {
              assertThat(exemplar.getSpanContext().getTraceId()).isEqualTo(trace);
              assertThat(exemplar.getSpanContext().getSpanId()).isEqualTo(span);
              assertThat(exemplar.getValue()).isEqualTo(0.003);
            });
  }

  @Test
  void exponentialBucketsHoldTheSameCallsWithinTheirFactor() {
    call();
    MetricData served =
        named(
            read(OpenTelemetryMetrics.builder(telemetry).exponentialHistograms().build()),
            "grpc.server.call.duration");
    ExponentialHistogramPointData ok =
        point(
            served.getExponentialHistogramData().getPoints(),
            Attributes.of(GRPC_METHOD, METHOD, GRPC_STATUS, "OK"));
    assertThat(ok.getCount()).isEqualTo(2);
    assertThat(ok.getScale()).isEqualTo(3);
    ExponentialHistogramBuckets buckets = ok.getPositiveBuckets();
    // Each value lies above the lower bound of its bucket and at most at the upper one.
    double lower = 0;
    double upper = 0;
    for (int i = 0; i < buckets.getBucketCounts().size(); i++) {
      long held = buckets.getBucketCounts().get(i);
      lower += held * Math.pow(2, (buckets.getOffset() + i) / 8.0);
      upper += held * Math.pow(2, (buckets.getOffset() + i + 1) / 8.0);
    }
    assertThat(ok.getSum()).isBetween(lower, upper);
  }
}
