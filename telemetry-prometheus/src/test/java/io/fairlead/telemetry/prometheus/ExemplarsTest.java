package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.management.ManagementServer;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.TraceContext;
import io.fairlead.telemetry.Tracing;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** The way from a bucket of a histogram to the trace of a call that is in it. */
@Timeout(60)
class ExemplarsTest {
  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
  private static final String PROTOBUF =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
          + " encoding=delimited";
  private static final Pattern EXEMPLAR =
      Pattern.compile(
          "^(\\w+)_bucket\\{[^}]*le=\"([^\"]+)\"} \\d+ # \\{span_id=\"([0-9a-f]{16})\","
              + "trace_id=\"([0-9a-f]{32})\"} (\\S+) \\S+$",
          Pattern.MULTILINE);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Telemetry telemetry = Telemetry.builder().exemplars().build();

  /** What handlers saw. */
  private final LinkedBlockingQueue<TraceContext> served = new LinkedBlockingQueue<>();

  private final RpcServer server =
      Tracing.create()
          .addTo(RpcServer.builder("inventory"))
          .host("127.0.0.1")
          .port(0)
          .service(
              InventoryRpc.bind(
                  new Inventory() {
                    @Override
                    public Reservation reserve(ReserveRequest request) {
                      served.add(TraceContext.current().orElseThrow());
                      return Reservation.getDefaultInstance();
                    }
                  }))
          .observer(telemetry)
          .start();
  private final ManagementServer management =
      ManagementServer.builder()
          .port(0)
          .handler("/metrics", new PrometheusHandler(telemetry))
          .start();

  @AfterEach
  void stop() {
    management.close();
    server.close();
  }

  private TraceContext call(double sampled) throws Exception {
    try (RpcChannel channel =
        Tracing.builder()
            .sampled(sampled)
            .build()
            .addTo(RpcChannel.to("dns:///127.0.0.1:" + server.port()))
            .policy(
                InventoryRpc.RESERVE.fullName(),
                MethodPolicy.builder()
                    .deadline(Duration.ofMinutes(1))
                    .failureMode(FailureMode.FAILFAST)
                    .build())
            .service(InventoryRpc.service())
            .observer(telemetry)
            .build()) {
      InventoryRpc.client(channel).reserve(ReserveRequest.getDefaultInstance());
      return served.take();
    }
  }

  private byte[] scrape(String accept) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(management.uri("/metrics")).header("Accept", accept).build();
    return http.send(request, BodyHandlers.ofByteArray()).body();
  }

  @Test
  void aBucketNamesTheCallThatIsInIt() throws Exception {
    TraceContext handler = call(1);
    Matcher found = EXEMPLAR.matcher(new String(scrape(OPEN_METRICS), StandardCharsets.UTF_8));
    Map<String, String> spans = new TreeMap<>();
    while (found.find()) {
      assertThat(found.group(4)).isEqualTo(handler.traceId());
      spans.put(found.group(1), found.group(3));
      double bound = Double.parseDouble(found.group(2).replace("+Inf", "Infinity"));
      assertThat(Double.parseDouble(found.group(5))).isPositive().isLessThanOrEqualTo(bound);
    }
    // The server names its own span, the client the one above.
    String caller = handler.parentSpanId().orElseThrow();
    assertThat(spans)
        .isEqualTo(
            Map.of(
                "grpc_server_call_duration_seconds", handler.spanId(),
                "grpc_client_call_duration_seconds", caller,
                "grpc_client_attempt_duration_seconds", caller));
  }

  @Test
  void protobufHasThemToo() throws Exception {
    TraceContext handler = call(1);
    byte[] body = scrape(PROTOBUF);
    assertThat(NativeHistograms.read(body)).containsKey("grpc_server_call_duration_seconds");
    assertThat(new String(body, StandardCharsets.ISO_8859_1)).contains(handler.traceId());
  }

  @Test
  void aCallThatNobodyRecordsLeadsNowhere() throws Exception {
    TraceContext handler = call(0);
    assertThat(new String(scrape(OPEN_METRICS), StandardCharsets.UTF_8))
        .contains("grpc_server_call_duration_seconds_count")
        .doesNotContain(handler.traceId());
  }

  @Test
  void theOldTextFormatStaysWithoutThem() throws Exception {
    TraceContext handler = call(1);
    assertThat(new String(scrape("text/plain"), StandardCharsets.UTF_8))
        .contains("grpc_server_call_duration_seconds_count")
        .doesNotContain(handler.traceId());
  }
}
