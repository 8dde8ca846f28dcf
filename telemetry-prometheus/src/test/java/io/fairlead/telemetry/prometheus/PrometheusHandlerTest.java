package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.management.ManagementServer;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.testkit.ToolAssumption;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shop.v1.ObservedInventory;

/** A server and a channel that were called, scraped as a Prometheus server would. */
class PrometheusHandlerTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Telemetry telemetry = Telemetry.create();
  private final ObservedInventory inventory = ObservedInventory.start(telemetry);
  private final ManagementServer management =
      ManagementServer.builder()
          .port(0)
          .handler("/metrics", new PrometheusHandler(telemetry))
          .start();

  @BeforeEach
  void watch() {
    telemetry.watch(inventory.server());
  }

  @AfterEach
  void stop() {
    management.close();
    inventory.close();
  }

  private void call() {
    inventory.reserve(1);
    inventory.fail();
  }

  private HttpRequest request(String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(management.uri("/metrics"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  private HttpResponse<byte[]> scrape(String... headers) throws Exception {
    HttpResponse<byte[]> response = http.send(request(headers), BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    return response;
  }

  private String text(String... headers) throws Exception {
    return new String(scrape(headers).body(), StandardCharsets.UTF_8);
  }

  @Test
  void callsOfBothSidesAreThereWithGrpcsOwnNames() throws Exception {
    call();
    String target = inventory.target();
    String labels = "{grpc_method=\"shop.v1.Inventory/Reserve\",grpc_status=\"%s\"";
    assertThat(text())
        .contains("# TYPE grpc_server_call_duration_seconds histogram")
        .contains("grpc_server_call_duration_seconds_count" + labels.formatted("OK") + "} 1")
        .contains("grpc_server_call_duration_seconds_count" + labels.formatted("NOT_FOUND") + "} 1")
        .contains(
            "grpc_client_call_duration_seconds_count"
                + labels.formatted("OK")
                + ",grpc_target=\""
                + target
                + "\"} 1")
        .contains(
            "grpc_client_attempt_started_total{grpc_method=\"shop.v1.Inventory/Reserve\","
                + "grpc_target=\""
                + target
                + "\"} 2")
        .contains("grpc_server_call_rcvd_total_compressed_message_size_bytes_count")
        .contains("fairlead_server_serving{server_port=\"" + inventory.server().port() + "\"} 1")
        .contains("jvm_threads_current ");
  }

  @Test
  void openMetricsEndsAsItMust() throws Exception {
    call();
    HttpResponse<byte[]> response = scrape("Accept", "application/openmetrics-text; version=1.0.0");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(new String(response.body(), StandardCharsets.UTF_8))
        .contains("# UNIT grpc_server_call_duration_seconds seconds")
        .endsWith("# EOF\n");
  }

  @Test
  void protobufHasNativeHistograms() throws Exception {
    call();
    HttpResponse<byte[]> response =
        scrape(
            "Accept",
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
                + " encoding=delimited");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/vnd.google.protobuf");
    assertThat(NativeHistograms.read(response.body()))
        .containsKey("grpc_server_call_duration_seconds");
  }

  @Test
  void gzipIsUsedWhereItIsAccepted() throws Exception {
    call();
    HttpResponse<byte[]> response = scrape("Accept-Encoding", "gzip");
    assertThat(response.headers().firstValue("Content-Encoding")).contains("gzip");
    String plain;
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
      plain = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(plain).contains("grpc_server_call_duration_seconds_count");
  }

  @Test
  void aClosedServerIsNoLongerWatchedAndItsCallsStay() throws Exception {
    call();
    inventory.server().close();
    assertThat(text())
        .contains("grpc_server_call_duration_seconds_count")
        .doesNotContain("fairlead_server_serving");
  }

  @Test
  void aServerThatStopsWhileItIsScrapedTakesNoOtherCallAndNoCountWithIt() throws Exception {
    try (ObservedInventory other = ObservedInventory.start(telemetry)) {
      telemetry.watch(other.server());
      call();
      AtomicBoolean stopped = new AtomicBoolean();
      CompletableFuture<Integer> scrapes =
          CompletableFuture.supplyAsync(
              () -> {
                int done = 0;
                while (!stopped.get() || done == 0) {
                  assertThat(http.sendAsync(request(), BodyHandlers.ofString()).join().statusCode())
                      .isEqualTo(200);
                  done++;
                }
                return done;
              });
      other.reserve(3);
      inventory.server().close();
      other.reserve(4);
      stopped.set(true);
      assertThat(scrapes.get(50, TimeUnit.SECONDS)).isPositive();
      assertThat(text())
          .contains("grpc_status=\"OK\"} 8")
          .contains("fairlead_server_serving{server_port=\"" + other.server().port() + "\"} 1")
          .doesNotContain("{server_port=\"" + inventory.server().port() + "\"");
      // Nothing scrapes any more, and calls do not ask for that.
      management.close();
      assertThatThrownBy(this::text).isInstanceOf(IOException.class);
      other.reserve(1);
    }
  }

  @Test
  void promtoolFindsNothingToMend() throws Exception {
    call();
    assertThat(promtool(scrape().body())).isEmpty();
  }

  /** Returns what {@code promtool check metrics} finds fault with. */
  private static String promtool(byte[] metrics) throws Exception {
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "check", "metrics").redirectErrorStream(true).start();
    } catch (IOException e) {
      throw ToolAssumption.skip("promtool", "apt-get install prometheus");
    }
    try (OutputStream in = promtool.getOutputStream()) {
      in.write(metrics);
    }
    String found = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return promtool.waitFor() == 0 ? found : "status " + promtool.exitValue() + "\n" + found;
  }

  @Test
  void aScrapeWhileNobodyHasCalledIsNoError() throws Exception {
    assertThat(text()).contains("fairlead_telemetry_series 0");
  }
}
