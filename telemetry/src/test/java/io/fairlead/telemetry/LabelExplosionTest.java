package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.testkit.LogCapture;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Names that others make up, in every label at once and from several threads. */
class LabelExplosionTest {
  private static final int MAX_SERIES = 500;
  private static final int THREADS = 4;
  private static final int NAMES = 2_000;
  private static final List<Code> CODES = List.copyOf(EnumSet.allOf(Code.class));

  private final Telemetry telemetry = Telemetry.builder().maxSeries(MAX_SERIES).build();

  private void record(int i) {
    String method = "test.Echo/Say" + i;
    String target = "dns:///tenant-" + i;
    Code code = CODES.get(i % CODES.size());
    telemetry.callStarted(method);
    telemetry.callEnded(
        ServerCallOutcome.builder(method)
            .status(code, "")
            .queueTime(Duration.ofMillis(1))
            .handlerTime(Duration.ofMillis(1))
            .injectedFault(ServerCallOutcome.InjectedFault.DELAY)
            .totalTime(Duration.ofMillis(2))
            .build());
    telemetry.attemptStarted(method, target);
    CallOutcome call =
        CallOutcome.builder(method, target, ResolvedPolicy.of(List.of()))
            .status(code, "", StatusOrigin.WIRE)
            .totalTime(Duration.ofMillis(1))
            .attempts(
                List.of(
                    AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
                        .endpoint("10.0.0.1:" + i, "id-" + i)
                        .status(code, "", StatusOrigin.WIRE)
                        .messageBytes(10, 20)
                        .build()))
            .build();
    telemetry.callEnded(call);
    telemetry.fallbackServed(call, FallbackKind.FUNCTION);
    telemetry.callMirrored(method, target, "canary", CallMirror.Result.EQUAL);
    telemetry.connectionChanged(
        target, "10.0.0.1:" + i, ConnectivityStateInfo.forNonError(ConnectivityState.READY));
    telemetry.outlierFound(target, "10.0.0.1:" + i, "success_rate", true);
  }

  private double total(String name) {
    return points(name).stream().mapToDouble(MetricFamily.Point::value).sum();
  }

  private List<MetricFamily.Point> points(String name) {
    return telemetry.collect().stream()
        .filter(family -> family.name().equals(name))
        .flatMap(family -> family.points().stream())
        .toList();
  }

  @Test
  void madeUpNamesNeitherFillTheMemoryNorLoseACall() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (LogCapture log = LogCapture.of(Telemetry.class.getName())) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int first = t * NAMES;
        tasks.add(
            () -> {
              for (int i = first; i < first + NAMES; i++) {
                record(i);
              }
              return null;
            });
      }
      for (Future<Void> each : threads.invokeAll(tasks)) {
        each.get();
      }
      assertThat(log.warnings()).as("said once").hasSize(1);
    } finally {
      threads.shutdownNow();
    }
    long ofCalls =
        telemetry.collect().stream()
            .filter(
                family ->
                    !family.name().startsWith("jvm.") && !family.name().startsWith("process."))
            .mapToLong(family -> family.points().size())
            .sum();
    // Beyond the bound there are those of "other", by status and kind.
    assertThat(ofCalls).isLessThan(MAX_SERIES + 300);
    assertThat(total("fairlead.telemetry.series")).isLessThanOrEqualTo(MAX_SERIES);
    double all = THREADS * (double) NAMES;
    for (String name :
        List.of(
            "grpc.server.call.started",
            "grpc.server.call.duration",
            "grpc.server.call.rcvd_total_compressed_message_size",
            "fairlead.server.queue.duration",
            "fairlead.server.handler.duration",
            "grpc.client.attempt.started",
            "grpc.client.attempt.duration",
            "grpc.client.attempt.sent_total_compressed_message_size",
            "grpc.client.attempt.rcvd_total_compressed_message_size",
            "grpc.client.call.duration",
            "fairlead.client.fallbacks",
            "grpc.subchannel.connection_attempts_succeeded",
            "grpc.subchannel.open_connections",
            "grpc.lb.outlier_detection.ejections_enforced")) {
      assertThat(total(name)).as(name).isEqualTo(all);
      assertThat(points(name))
          .as(name)
          .anySatisfy(point -> assertThat(point.labels()).containsValue("other"));
    }
  }

  @Test
  void figuresOfAModuleWithManyLabelsAreBounded() {
    telemetry.add(
        figures -> {
          for (int i = 0; i < 10 * ForeignFigures.MAX_SERIES; i++) {
            figures.add(
                "fairlead.registry.watch.age.seconds", Map.of("service", "s" + i), i, false);
          }
        });
    assertThat(points("fairlead.registry.watch.age")).hasSize(ForeignFigures.MAX_SERIES);
  }

  @Test
  void aSourceThatFailsTakesNoOtherFigureWithIt() {
    telemetry.add(
        figures -> {
          throw new IllegalStateException("the registry is closed");
        });
    telemetry.add(figures -> figures.add("fairlead.registry.linked", Map.of(), 1, false));
    try (LogCapture log = LogCapture.of(Telemetry.class.getName())) {
      assertThat(points("fairlead.registry.linked")).hasSize(1);
      assertThat(log.warnings()).singleElement().asString().contains("are left out");
    }
  }
}
