package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.management.ManagementServer;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.Telemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real Prometheus makes of the metrics that it scrapes. */
class RealPrometheusTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";

  private static void ended(Telemetry telemetry, Code code, Duration time) {
    telemetry.callEnded(
        ServerCallOutcome.builder(METHOD)
            .kind(ServerCallOutcome.Kind.UNARY)
            .ending(
                code == Code.OK
                    ? ServerCallOutcome.Ending.OK
                    : ServerCallOutcome.Ending.HANDLER_FAILED)
            .status(code, "")
            .totalTime(time)
            .requests(1, 100)
            .responses(1, 1_000)
            .build());
  }

  @Test
  void itReadsNativeHistogramsAndComputesPercentilesFromThem(@TempDir Path folder)
      throws Exception {
    Telemetry telemetry = Telemetry.create();
    try (ManagementServer management =
            ManagementServer.builder()
                .port(0)
                .handler("/metrics", new PrometheusHandler(telemetry))
                .start();
        RealPrometheus prometheus = RealPrometheus.scraping(management.port(), folder)) {
      prometheus.await("up", values -> values.containsValue(1.0));
      for (int i = 0; i < 98; i++) {
        ended(telemetry, Code.OK, Duration.ofMillis(2));
      }
      ended(telemetry, Code.OK, Duration.ofSeconds(20));
      ended(telemetry, Code.OK, Duration.ofSeconds(20));
      ended(telemetry, Code.UNAVAILABLE, Duration.ofMillis(1));
      prometheus.await(
          "histogram_count(sum(grpc_server_call_duration_seconds))",
          values -> values.containsValue(101.0));
      Map<String, Double> p99 =
          prometheus.await(
              "histogram_quantile(0.99, grpc_server_call_duration_seconds{grpc_status=\"OK\"})",
              values -> !values.isEmpty());
      assertThat(p99.values())
          .singleElement()
          .satisfies(value -> assertThat(value).isBetween(18.0, 22.0));
      Map<String, Double> median =
          prometheus.await(
              "histogram_quantile(0.5, grpc_server_call_duration_seconds{grpc_status=\"OK\"})",
              values -> !values.isEmpty());
      assertThat(median.values())
          .singleElement()
          .satisfies(value -> assertThat(value).isBetween(0.0018, 0.0022));
      prometheus.await("fairlead_telemetry_overflows_total", values -> values.containsValue(0.0));
    }
  }
}
