package io.fairlead.telemetry.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.LogCapture;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InternalTelemetryVersion;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** An exporter that hangs costs spans, lines or a reading, and no call. */
@Timeout(60)
class HangingExporterTest {
  private static final int CALLS = 200;

  /** A call, its attempt, and the handler. */
  private static final int SPANS_OF_A_CALL = 3;

  private static final int QUEUE = 64;
  private static final int BATCH = 8;
  private static final String SPAN_PROCESSOR = BatchSpanProcessor.class.getName();

  private final Telemetry telemetry = Telemetry.create();
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final CountDownLatch goesOn = new CountDownLatch(1);

  /** Calls that the server has ended, with their spans: a caller has its response before. */
  private final Semaphore served = new Semaphore(0);

  private CompletableResultCode hang() {
    hangs.countDown();
    try {
      goesOn.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return CompletableResultCode.ofSuccess();
  }

  /** Sends spans nowhere, as soon as it may. */
  private final class HangingSpans implements SpanExporter {
    private final AtomicInteger exported = new AtomicInteger();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      CompletableResultCode sent = hang();
      exported.addAndGet(spans.size());
      return sent;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  /** Keeps what it is given, as soon as it may. */
  private final class HangingMetrics implements MetricExporter {
    private final LinkedBlockingQueue<List<MetricData>> exported = new LinkedBlockingQueue<>();

    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      CompletableResultCode sent = hang();
      exported.add(List.copyOf(metrics));
      return sent;
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  /** Makes all calls while the exporter hangs, and lets it go on then. */
  private void call(OpenTelemetry sdk, Runnable first) throws InterruptedException {
    OpenTelemetryTracing tracing = OpenTelemetryTracing.create(sdk);
    try (RpcServer server =
            tracing
                .addTo(RpcServer.builder("inventory").host("127.0.0.1").port(0))
                .service(
                    InventoryRpc.bind(
                        new Inventory() {
                          @Override
                          public Reservation reserve(ReserveRequest request) {
                            return Reservation.getDefaultInstance();
                          }
                        }))
                .observer(telemetry)
                .observer(outcome -> served.release())
                .start();
        RpcChannel channel =
            tracing
                .addTo(RpcChannel.to("dns:///127.0.0.1:" + server.port()))
                .service(InventoryRpc.service())
                .policy(
                    InventoryRpc.RESERVE.fullName(),
                    // Once: a second attempt on a busy machine would be a span more.
                    MethodPolicy.builder()
                        .deadline(Duration.ofMinutes(1))
                        .failureMode(FailureMode.FAILFAST)
                        .build())
                .observer(telemetry)
                .build()) {
      Inventory inventory = InventoryRpc.client(channel);
      assertThat(inventory.reserve(ReserveRequest.getDefaultInstance())).isNotNull();
      first.run();
      hangs.await();
      for (int i = 1; i < CALLS; i++) {
        assertThat(inventory.reserve(ReserveRequest.getDefaultInstance())).isNotNull();
      }
      served.acquire(CALLS);
    } finally {
      goesOn.countDown();
    }
  }

  private static MetricData named(Collection<MetricData> all, String name) {
    return all.stream().filter(each -> each.getName().equals(name)).findFirst().orElseThrow();
  }

  private static long served(Collection<MetricData> all) {
    return named(all, "grpc.server.call.duration").getHistogramData().getPoints().stream()
        .mapToLong(HistogramPointData::getCount)
        .sum();
  }

  @Test
  void spansThatFindNoRoomAreToldInOneLineAndCounted() throws Exception {
    HangingSpans exporter = new HangingSpans();
    ManualReader reader = new ManualReader();
    try (LogCapture log = LogCapture.of(SPAN_PROCESSOR);
        SdkMeterProvider meters =
            SdkMeterProvider.builder()
                .registerMetricReader(reader)
                .registerMetricProducer(OpenTelemetryMetrics.create(telemetry))
                .build();
        OpenTelemetrySdk sdk =
            OpenTelemetrySdk.builder()
                .setTracerProvider(
                    SdkTracerProvider.builder()
                        .addSpanProcessor(
                            BatchSpanProcessor.builder(exporter)
                                .setMaxQueueSize(QUEUE)
                                .setMaxExportBatchSize(BATCH)
                                .setScheduleDelay(Duration.ofMillis(1))
                                .setMeterProvider(meters)
                                .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
                                .build())
                        .build())
                .build()) {
      call(sdk, () -> {});
      assertThat(sdk.getSdkTracerProvider().forceFlush().join(50, TimeUnit.SECONDS).isSuccess())
          .isTrue();
      int made = CALLS * SPANS_OF_A_CALL;
      int lost = made - exporter.exported.get();
      assertThat(lost).isBetween(made - QUEUE - 2 * BATCH, made - QUEUE);
      assertThat(log.warnings())
          .singleElement()
          .satisfies(line -> assertThat(lostBy(line)).isEqualTo(lost));
      Collection<MetricData> metrics = reader.read();
      assertThat(
              named(metrics, "otel.sdk.processor.span.processed")
                  .getLongSumData()
                  .getPoints()
                  .stream()
                  .filter(
                      point ->
                          "queue_full"
                              .equals(
                                  point.getAttributes().get(AttributeKey.stringKey("error.type"))))
                  .mapToLong(LongPointData::getValue)
                  .sum())
          .isEqualTo(lost);
      assertThat(served(metrics)).as("figures do not depend on spans").isEqualTo(CALLS);
    }
  }

  private static int lostBy(String line) {
    Matcher lost = Pattern.compile("dropped (\\d+) span").matcher(line);
    assertThat(lost.find()).as(line).isTrue();
    return Integer.parseInt(lost.group(1));
  }

  @Test
  void theReadingAfterTheOneThatHungHasAllCalls() throws Exception {
    HangingMetrics exporter = new HangingMetrics();
    SdkMeterProvider meters =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.builder(exporter).setInterval(Duration.ofDays(1)).build())
            .registerMetricProducer(OpenTelemetryMetrics.create(telemetry))
            .build();
    try (meters) {
      Thread flush = new Thread(meters::forceFlush, "flush");
      call(OpenTelemetry.noop(), flush::start);
      flush.join();
      assertThat(exporter.exported.take()).isNotEmpty();
      assertThat(meters.forceFlush().join(50, TimeUnit.SECONDS).isSuccess()).isTrue();
      assertThat(served(exporter.exported.take())).isEqualTo(CALLS);
    }
  }

  /** Sends lines nowhere, as soon as it may. */
  private final class HangingLines implements LogRecordExporter {
    private final AtomicInteger exported = new AtomicInteger();

    @Override
    public CompletableResultCode export(Collection<LogRecordData> lines) {
      CompletableResultCode sent = hang();
      exported.addAndGet(lines.size());
      return sent;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @Test
  void linesThatFindNoRoomAreToldInOneLineAndCounted() throws Exception {
    int room = 10_000;
    int calls = room + 500;
    HangingLines exporter = new HangingLines();
    CallOutcome call =
        CallOutcome.builder("shop.v1.Inventory/Reserve", "a", ResolvedPolicy.of(List.of())).build();
    try (LogCapture warnings = LogCapture.of(AccessLog.class.getName());
        SdkLoggerProvider provider =
            SdkLoggerProvider.builder()
                .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter).build())
                .build();
        AccessLog log =
            OpenTelemetryAccessLog.toSdk(provider).sample(1).maxLinesPerSecond(calls).build()) {
      telemetry.watch(log);
      log.callEnded(call);
      hangs.await();
      for (int i = 1; i < calls; i++) {
        log.callEnded(call);
      }
      goesOn.countDown();
      Await.until("all lines are gone", () -> log.written() + log.lost() == calls);
      assertThat(log.overLimit()).isZero();
      assertThat(log.lost()).isEqualTo(calls - room - 1);
      assertThat(exporter.exported).hasValue(room + 1);
      assertThat(warnings.warnings())
          .singleElement()
          .asString()
          .startsWith("lines of the access log are lost");
      assertThat(
              telemetry.collect().stream()
                  .filter(family -> family.name().equals("fairlead.access_log.lines"))
                  .flatMap(family -> family.points().stream())
                  .filter(point -> point.labels().containsValue("lost"))
                  .mapToDouble(MetricFamily.Point::value)
                  .sum())
          .isEqualTo((double) log.lost());
    }
  }
}
