package io.fairlead.bench.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.grpc.TelemetryVariants.MetricsVariant;
import io.fairlead.bench.v1.Payload;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.testkit.Await;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured does what its name says. */
@Timeout(60)
class TelemetryVariantsTest {
  private static Variant variant(String name) {
    return ServiceLoader.load(Variant.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void call(Variant serving, Variant calling) throws Exception {
    try (BenchServer server = serving.startServer(Wire.PLAINTEXT);
        BenchClient client = calling.connect(Wire.PLAINTEXT, server.entries())) {
      Payload request = Payload.newBuilder().setId("7").build();
      assertThat(client.unary(request)).isEqualTo(request);
      if (server.entries().size() > 1) {
        assertThat(get(server.entries().get(1), "/memory")).matches("series=\\d{4} bytes=.*");
        List<String> lines = get(server.entries().get(1), "/metrics").lines().toList();
        assertThat(lines)
            .filteredOn(line -> line.startsWith("grpc_server_call_duration_seconds_count{"))
            .hasSizeGreaterThanOrEqualTo(600);
        assertThat(lines)
            .filteredOn(line -> line.startsWith("fairlead_client_endpoint_ready{"))
            .hasSize(50);
      }
    }
  }

  private static String get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static double attempts(MetricsVariant variant) {
    return variant.telemetry.collect().stream()
        .filter(family -> family.name().equals("grpc.client.attempt.started"))
        .flatMap(family -> family.points().stream())
        .mapToDouble(MetricFamily.Point::value)
        .sum();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fairlead-metrics",
        "fairlead-metrics-log",
        "fairlead-metrics-traces",
        "fairlead-telemetry-all",
        "fairlead-scraped",
        "fairlead-console"
      })
  void callsAreAnsweredAndCounted(String name) throws Exception {
    MetricsVariant calling = (MetricsVariant) variant(name);
    call(variant(name), calling);
    assertThat(attempts(calling)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fairlead-counting", "fairlead-events", "grpc-opentelemetry"})
  void callsAreAnswered(String name) throws Exception {
    call(variant(name), variant(name));
  }

  @Test
  void aPageOfTheConsoleIsOpenAndRenewedWhileCallsAreMeasured() throws Exception {
    ConsoleVariant serving = (ConsoleVariant) variant("fairlead-console");
    try (BenchServer server = serving.startServer(Wire.PLAINTEXT)) {
      assertThat(server.port()).isPositive();
      long first = serving.lines();
      Await.until("two more events", () -> serving.lines() > first + 6);
    }
  }

  /** A group of their own, as threads of other tests come and go. */
  @Test
  void aVariantThatIsNotMeasuredStartsNoThread() throws Exception {
    ThreadGroup group = new ThreadGroup("variants");
    FutureTask<Integer> threads =
        new FutureTask<>(
            () -> {
              ServiceLoader.load(Variant.class)
                  .forEach(each -> assertThat(each.name()).isNotEmpty());
              return group.activeCount();
            });
    new Thread(group, threads, "loader").start();
    assertThat(threads.get()).as("the loader alone").isEqualTo(1);
  }
}
