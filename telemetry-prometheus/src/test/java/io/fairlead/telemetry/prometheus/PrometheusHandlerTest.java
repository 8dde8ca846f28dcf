package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.management.ManagementServer;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.testkit.ToolAssumption;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** A server and a channel that were called, scraped as a Prometheus server would. */
class PrometheusHandlerTest {
  /** A machine that does much else would meet the contract's deadline. */
  private static final MethodPolicy PATIENT =
      MethodPolicy.builder()
          .deadline(Duration.ofMinutes(1))
          .failureMode(FailureMode.FAILFAST)
          .build();

  private final HttpClient http = HttpClient.newHttpClient();
  private final Telemetry telemetry = Telemetry.create();
  private final RpcServer server =
      RpcServer.builder("inventory")
          .host("127.0.0.1")
          .port(0)
          .service(InventoryRpc.bind(new Shelf()))
          .observer(telemetry)
          .start();
  private final RpcChannel channel =
      RpcChannel.to("dns:///127.0.0.1:" + server.port())
          .service(InventoryRpc.service())
          .policy(InventoryRpc.RESERVE.fullName(), PATIENT)
          .observer(telemetry)
          .build();
  private final ManagementServer management =
      ManagementServer.builder()
          .port(0)
          .handler("/metrics", new PrometheusHandler(telemetry))
          .start();

  /** Has everything but what has no name. */
  private static final class Shelf implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      if (request.getSku().isEmpty()) {
        throw Status.INVALID_ARGUMENT.withDescription("sku").asRuntimeException();
      }
      return Reservation.newBuilder().setSku(request.getSku()).build();
    }
  }

  @BeforeEach
  void watch() {
    telemetry.watch(server);
  }

  @AfterEach
  void stop() {
    management.close();
    channel.close();
    server.close();
  }

  private void call() {
    Inventory inventory = InventoryRpc.client(channel);
    inventory.reserve(ReserveRequest.newBuilder().setSku("kettle").build());
    assertThatThrownBy(() -> inventory.reserve(ReserveRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
  }

  private HttpResponse<byte[]> scrape(String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(management.uri("/metrics"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    return response;
  }

  private String text(String... headers) throws Exception {
    return new String(scrape(headers).body(), StandardCharsets.UTF_8);
  }

  @Test
  void callsOfBothSidesAreThereWithGrpcsOwnNames() throws Exception {
    call();
    String target = "dns:///127.0.0.1:" + server.port();
    String labels = "{grpc_method=\"shop.v1.Inventory/Reserve\",grpc_status=\"%s\"";
    assertThat(text())
        .contains("# TYPE grpc_server_call_duration_seconds histogram")
        .contains("grpc_server_call_duration_seconds_count" + labels.formatted("OK") + "} 1")
        .contains(
            "grpc_server_call_duration_seconds_count"
                + labels.formatted("INVALID_ARGUMENT")
                + "} 1")
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
        .contains("fairlead_server_serving{server_port=\"" + server.port() + "\"} 1")
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
    server.close();
    assertThat(text())
        .contains("grpc_server_call_duration_seconds_count")
        .doesNotContain("fairlead_server_serving");
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
