package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.InjectedFault;
import io.fairlead.policy.CallMirror.Result;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What further attempts of a call, and calls that are not let in, are counted as. */
class RepeatMetricsTest {
  private static final String METHOD = "test.Echo/Say";

  private final Telemetry telemetry = Telemetry.create();

  private static AttemptOutcome attempt(AttemptOutcome.Kind kind, int startMillis, int millis) {
    return AttemptOutcome.builder(1, kind)
        .times(Duration.ofMillis(startMillis), Duration.ZERO, Duration.ofMillis(millis))
        .build();
  }

  private void ended(AttemptOutcome... attempts) {
    telemetry.callEnded(
        CallOutcome.builder(METHOD, "dns:///echo", ResolvedPolicy.of(List.of()))
            .totalTime(Duration.ofMillis(100))
            .attempts(List.of(attempts))
            .build());
  }

  private Stream<MetricFamily.Point> points(String name) {
    return telemetry.collect().stream()
        .filter(family -> family.name().equals(name))
        .flatMap(family -> family.points().stream());
  }

  private HistogramSnapshot histogram(String name) {
    return points("grpc.client.call." + name).findFirst().orElseThrow().histogram();
  }

  @Test
  void whatACacheDidForCallsIsCountedAndNotWhereThereIsNone() {
    for (CacheUse use : List.of(CacheUse.HIT, CacheUse.HIT, CacheUse.JOINED, CacheUse.NONE)) {
      telemetry.callEnded(
          CallOutcome.builder(METHOD, "dns:///echo", ResolvedPolicy.of(List.of()))
              .cacheUse(use, Duration.ofSeconds(1))
              .build());
    }
    telemetry.responseStoreFailed("dns:///echo", "get", new IllegalStateException("refused"));
    assertThat(points("fairlead.client.cache.calls"))
        .extracting(point -> point.labels().get("fairlead.cache"), MetricFamily.Point::value)
        .containsExactlyInAnyOrder(tuple("hit", 2.0), tuple("joined", 1.0));
    assertThat(points("fairlead.client.cache.store.failures"))
        .extracting(point -> point.labels().get("fairlead.operation"), MetricFamily.Point::value)
        .containsExactly(tuple("get", 1.0));
  }

  @Test
  void copiesOfCallsAreCountedByResult() {
    for (Result result : List.of(Result.EQUAL, Result.EQUAL, Result.DIFFERENT, Result.FAILED)) {
      telemetry.callMirrored(METHOD, "dns:///echo", "canary", result);
    }
    telemetry.callMirrored(METHOD, "dns:///echo", "next", Result.SKIPPED);
    assertThat(points("fairlead.client.mirror.calls"))
        .extracting(
            point -> point.labels().get("fairlead.mirror"),
            point -> point.labels().get("fairlead.result"),
            MetricFamily.Point::value)
        .containsExactlyInAnyOrder(
            tuple("canary", "equal", 2.0),
            tuple("canary", "different", 1.0),
            tuple("canary", "failed", 1.0),
            tuple("next", "skipped", 1.0));
  }

  @Test
  void faultsOnPurposeAreCountedByKind() {
    for (InjectedFault fault : InjectedFault.values()) {
      telemetry.callEnded(ServerCallOutcome.builder(METHOD).injectedFault(fault).build());
    }
    telemetry.callEnded(ServerCallOutcome.builder(METHOD).build());
    assertThat(points("fairlead.server.faults.injected"))
        .extracting(point -> point.labels().get("fairlead.fault"), MetricFamily.Point::value)
        .containsExactlyInAnyOrder(
            tuple("delay", 1.0), tuple("status", 1.0), tuple("delay_and_status", 1.0));
  }

  @Test
  void aCallCountsOnceForEachKindWithTheNumberOfItsRepeats() {
    ended(attempt(AttemptOutcome.Kind.FIRST, 0, 10));
    ended(
        attempt(AttemptOutcome.Kind.FIRST, 0, 10),
        attempt(AttemptOutcome.Kind.RETRY, 30, 10),
        attempt(AttemptOutcome.Kind.RETRY, 45, 10));
    ended(
        attempt(AttemptOutcome.Kind.FIRST, 0, 50),
        attempt(AttemptOutcome.Kind.HEDGE, 20, 10),
        attempt(AttemptOutcome.Kind.RESEND, 25, 10));
    assertThat(histogram("retries").count()).isEqualTo(1);
    assertThat(histogram("retries").sum()).isEqualTo(2);
    assertThat(histogram("hedges").count()).isEqualTo(1);
    assertThat(histogram("hedges").sum()).isEqualTo(1);
    assertThat(histogram("transparent_retries").count()).isEqualTo(1);
    assertThat(histogram("transparent_retries").sum()).isEqualTo(1);
    // 20 ms and 5 ms without an attempt; the attempts of the last call overlap.
    assertThat(histogram("retry_delay").count()).isEqualTo(1);
    assertThat(histogram("retry_delay").sum()).isCloseTo(0.025, within(1e-9));
  }

  @Test
  void rejectionsAreCountedByReasonAndTheWaitOfThoseThatWaited() {
    for (ServerCallOutcome.RejectionReason reason : ServerCallOutcome.RejectionReason.values()) {
      telemetry.callEnded(
          ServerCallOutcome.builder(METHOD)
              .rejectedByAdmission(reason)
              .status(Code.RESOURCE_EXHAUSTED, "too busy")
              .queueTime(
                  reason == ServerCallOutcome.RejectionReason.QUEUE_TIMEOUT
                      ? Duration.ofMillis(200)
                      : Duration.ZERO)
              .totalTime(Duration.ofMillis(200))
              .build());
    }
    Map<String, Double> rejected =
        points("fairlead.server.calls.rejected")
            .collect(
                Collectors.toMap(
                    point -> point.labels().getOrDefault("fairlead.reason", ""),
                    MetricFamily.Point::value));
    assertThat(rejected)
        .isEqualTo(
            Map.of(
                "caller_limit", 1.0,
                "method_limit", 1.0,
                "server_limit", 1.0,
                "queue_full", 1.0,
                "queue_timeout", 1.0,
                "deadline_too_near", 1.0));
    HistogramSnapshot waited =
        points("fairlead.server.queue.duration").findFirst().orElseThrow().histogram();
    assertThat(waited.count()).isEqualTo(1);
    assertThat(waited.sum()).isCloseTo(0.2, within(1e-9));
  }
}
