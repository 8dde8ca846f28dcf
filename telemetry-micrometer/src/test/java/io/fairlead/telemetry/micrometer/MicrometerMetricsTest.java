package io.fairlead.telemetry.micrometer;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.ObservedInventory;

/** Calls of both sides, as the registries of applications show them. */
@Timeout(60)
class MicrometerMetricsTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";
  private static final String SERVED = "grpc.server.call.duration";

  private final ManualTime time = new ManualTime();
  private final Telemetry telemetry = Telemetry.create();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, time);

  private final ObservedInventory inventory = ObservedInventory.start(telemetry);

  /** The time of a registry, moved by the test. */
  private static final class ManualTime implements Clock {
    private final AtomicLong nanos = new AtomicLong(1);

    void pass(Duration duration) {
      nanos.addAndGet(duration.toNanos());
    }

    @Override
    public long wallTime() {
      return TimeUnit.NANOSECONDS.toMillis(nanos.get());
    }

    @Override
    public long monotonicTime() {
      return nanos.get();
    }
  }

  @AfterEach
  void stop() {
    inventory.close();
    registry.close();
  }

  /** Reads as a registry that is asked once in a while. */
  private void readAfter(Duration pause) {
    time.pass(pause);
    registry.get("fairlead.telemetry.series").gauge().value();
  }

  private FunctionTimer served(String status) {
    return registry.get(SERVED).tags("grpc.method", METHOD, "grpc.status", status).functionTimer();
  }

  private static Set<String> names(MeterRegistry registry) {
    return registry.getMeters().stream().map(each -> each.getId().getName()).collect(toSet());
  }

  @Test
  void callsOfBothSidesAreTimersWithGrpcsNames() {
    inventory.reserve(2);
    inventory.fail();
    MicrometerMetrics.create(telemetry).bindTo(registry);
    assertThat(served("OK").count()).isEqualTo(2);
    assertThat(served("OK").totalTime(TimeUnit.SECONDS)).isPositive();
    assertThat(served("OK").getId().getDescription()).isNotEmpty();
    assertThat(served("NOT_FOUND").count()).isEqualTo(1);
    for (String name : List.of("grpc.client.call.duration", "grpc.client.attempt.duration")) {
      assertThat(
              registry
                  .get(name)
                  .tags(
                      "grpc.method", METHOD, "grpc.target", inventory.target(), "grpc.status", "OK")
                  .functionTimer()
                  .count())
          .isEqualTo(2);
    }
    assertThat(registry.get("grpc.client.attempt.started").functionCounter().count()).isEqualTo(3);
    // "pan" with its tag and length, twice; the call without a name sent nothing.
    assertThat(
            registry
                .get("grpc.server.call.rcvd_total_compressed_message_size")
                .tags("grpc.status", "OK")
                .functionCounter()
                .count())
        .isEqualTo(10);
  }

  @Test
  void everyFigureButThoseOfTheMachineIsThere() {
    telemetry.watch(inventory.server());
    telemetry.watch(inventory.channel());
    inventory.reserve(1);
    MicrometerMetrics.builder(telemetry).percentiles().build().bindTo(registry);
    assertThat(names(registry))
        .containsExactlyInAnyOrderElementsOf(
            telemetry.collect().stream()
                .map(MetricFamily::name)
                .filter(name -> !name.startsWith("jvm.") && !name.startsWith("process."))
                .collect(toSet()));
    assertThat(
            registry
                .get("fairlead.server.serving")
                .tag("server.port", Integer.toString(inventory.server().port()))
                .gauge()
                .value())
        .isEqualTo(1);
  }

  @Test
  void whatBeginsAfterTheBindingAppearsAndGrows() {
    MicrometerMetrics.create(telemetry).bindTo(registry);
    assertThat(registry.find(SERVED).functionTimer()).isNull();
    inventory.reserve(1);
    readAfter(Duration.ofSeconds(1));
    FunctionTimer ok = served("OK");
    assertThat(ok.count()).isEqualTo(1);
    inventory.reserve(2);
    assertThat(ok.count()).as("within a second of the last reading").isEqualTo(1);
    time.pass(Duration.ofSeconds(1));
    assertThat(ok.count()).isEqualTo(3);
  }

  @Test
  void anEndpointThatIsGoneLeavesNoGauge() {
    telemetry.watch(inventory.channel());
    inventory.reserve(1);
    MicrometerMetrics.create(telemetry).bindTo(registry);
    assertThat(names(registry)).contains("fairlead.client.endpoint.ready");
    inventory.channel().close();
    readAfter(Duration.ofSeconds(1));
    assertThat(names(registry)).doesNotContain("fairlead.client.endpoint.ready").contains(SERVED);
  }

  private void ended(int calls, Duration each) {
    for (int i = 0; i < calls; i++) {
      telemetry.callEnded(ServerCallOutcome.builder(METHOD).totalTime(each).build());
    }
  }

  private double percentile(String phi) {
    return registry
        .get(SERVED + ".percentile")
        .tag("phi", phi)
        .timeGauge()
        .value(TimeUnit.MILLISECONDS);
  }

  @Test
  void percentilesAreOfTheLastMinutesNotOfAllTime() {
    ended(100, Duration.ofMillis(1));
    MicrometerMetrics.create(telemetry).bindTo(registry);
    assertThat(percentile("0.5")).isBetween(1.0, 1.1);
    readAfter(Duration.ofMinutes(1));
    ended(10, Duration.ofMillis(50));
    // Both are in the window now, and the ten are the slowest ones.
    readAfter(Duration.ofSeconds(1));
    assertThat(percentile("0.5")).isBetween(1.0, 1.1);
    assertThat(percentile("0.99")).isBetween(50.0, 55.0);
    readAfter(Duration.ofMinutes(1));
    assertThat(percentile("0.5")).as("the hundred are over").isBetween(50.0, 55.0);
    readAfter(Duration.ofMinutes(1));
    readAfter(Duration.ofMinutes(1));
    assertThat(percentile("0.5")).as("without calls").isZero();
  }

  @Test
  void bucketsOnRequestHoldWhatWasAtMostTheirBound() {
    ended(3, Duration.ofMillis(4));
    ended(2, Duration.ofMillis(90));
    ended(1, Duration.ofMinutes(5));
    MicrometerMetrics.builder(telemetry).buckets().percentiles().build().bindTo(registry);
    Map<String, Double> expected =
        Map.of("0", 0.0, "0.00001", 0.0, "0.003", 0.0, "0.004", 3.0, "0.1", 5.0, "+Inf", 6.0);
    expected.forEach(
        (bound, count) ->
            assertThat(
                    registry.get(SERVED + ".histogram").tag("le", bound).functionCounter().count())
                .as(bound)
                .isEqualTo(count));
    assertThat(names(registry)).doesNotContain(SERVED + ".percentile");
  }

  @Test
  void namesThatCallersMakeUpDoNotFillTheRegistry() {
    Telemetry small = Telemetry.builder().maxSeries(40).build();
    MicrometerMetrics.builder(small).percentiles().build().bindTo(registry);
    for (int i = 0; i < 1_000; i++) {
      small.callEnded(ServerCallOutcome.builder("test.Echo/Say" + i).build());
    }
    readAfter(Duration.ofSeconds(1));
    assertThat(registry.find(SERVED).functionTimers()).hasSizeBetween(2, 40);
    assertThat(
            registry.find(SERVED).functionTimers().stream().mapToDouble(FunctionTimer::count).sum())
        .isEqualTo(1_000);
    assertThat(registry.get(SERVED).tag("grpc.method", "other").functionTimer().count())
        .isGreaterThan(900);
  }

  /** Micrometer's meters hold weakly what they ask. */
  @Test
  void nobodyHasToKeepTheBinder() {
    MicrometerMetrics.create(telemetry).bindTo(registry);
    inventory.reserve(1);
    readAfter(Duration.ofSeconds(1));
    System.gc();
    inventory.reserve(1);
    readAfter(Duration.ofSeconds(1));
    assertThat(served("OK").count()).isEqualTo(2);
  }

  @Test
  void aBinderThatIsClosedLeavesNothingBehind() {
    inventory.reserve(1);
    MicrometerMetrics metrics = MicrometerMetrics.create(telemetry);
    metrics.bindTo(registry);
    assertThat(registry.getMeters()).isNotEmpty();
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void prometheusScrapesThemBesideTheMachinesOwn() {
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    List<String> refused = new ArrayList<>();
    prometheus
        .config()
        .onMeterRegistrationFailed((id, why) -> refused.add(id.getName() + ": " + why));
    new JvmMemoryMetrics().bindTo(prometheus);
    telemetry.watch(inventory.server());
    telemetry.watch(inventory.channel());
    inventory.reserve(2);
    inventory.fail();
    MicrometerMetrics.builder(telemetry).buckets().build().bindTo(prometheus);
    String labels = "grpc_method=\"" + METHOD + "\",grpc_status=\"OK\"";
    assertThat(prometheus.scrape())
        .contains("# TYPE grpc_server_call_duration_seconds summary")
        .contains("grpc_server_call_duration_seconds_count{" + labels + "} 2")
        .contains("grpc_server_call_duration_percentile_seconds{" + labels + ",phi=\"0.99\"}")
        .contains("grpc_server_call_duration_histogram_total{" + labels + ",le=\"+Inf\"} 2.0")
        .contains("fairlead_server_serving{server_port=\"" + inventory.server().port() + "\"} 1.0")
        .contains("jvm_memory_used_bytes{area=");
    assertThat(refused).isEmpty();
    prometheus.close();
  }

  /** Registering from inside of a scrape must neither stand still nor fail. */
  @Test
  void scrapesAtOnceWhileSeriesComeAndGo() throws Exception {
    PrometheusMeterRegistry prometheus =
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), time);
    MicrometerMetrics.create(telemetry).bindTo(prometheus);
    AtomicInteger number = new AtomicInteger();
    Callable<Void> scraper =
        () -> {
          for (int i = 0; i < 50; i++) {
            telemetry.callEnded(
                ServerCallOutcome.builder("test.Echo/Say" + number.incrementAndGet()).build());
            time.pass(Duration.ofSeconds(1));
            assertThat(prometheus.scrape()).contains("fairlead_telemetry_series");
          }
          return null;
        };
    ExecutorService threads = Executors.newFixedThreadPool(3);
    for (Future<Void> each : threads.invokeAll(List.of(scraper, scraper, scraper))) {
      each.get();
    }
    threads.shutdown();
    time.pass(Duration.ofSeconds(1));
    assertThat(prometheus.scrape()).isNotEmpty();
    assertThat(prometheus.scrape())
        .contains("grpc_server_call_duration_seconds_count{grpc_method=\"test.Echo/Say150\"");
    prometheus.close();
  }
}
