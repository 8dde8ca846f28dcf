package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Curves under a clock of the test's: what a console would draw. */
class CurveRecorderTest {
  private static final String METHOD = "shop.v1.Inventory/Reserve";
  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  private final Telemetry telemetry = Telemetry.create();
  private final ManualClock clock = ManualClock.startingAt(START);

  private void ended(String method, Code code, Duration time) {
    telemetry.callEnded(ServerCallOutcome.builder(method).status(code, "").totalTime(time).build());
  }

  private void pass(CurveRecorder recorder, Duration time) {
    for (long second = 0; second < time.toSeconds(); second++) {
      clock.advance(Duration.ofSeconds(1));
      recorder.tick();
    }
  }

  private static List<Long> calls(Curve curve, CurveWindow window) {
    return curve.samples(window).stream().map(Curve.Sample::calls).toList();
  }

  private static long sum(Curve curve, CurveWindow window) {
    return curve.samples(window).stream().mapToLong(Curve.Sample::calls).sum();
  }

  @Test
  void eachSecondShowsItsOwnCallsFailuresAndPercentiles() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    for (int i = 0; i < 98; i++) {
      ended(METHOD, Code.OK, Duration.ofMillis(2));
    }
    ended(METHOD, Code.UNAVAILABLE, Duration.ofSeconds(1));
    ended(METHOD, Code.NOT_FOUND, Duration.ofSeconds(1));
    pass(recorder, Duration.ofSeconds(1));
    ended(METHOD, Code.OK, Duration.ofMillis(5));
    pass(recorder, Duration.ofSeconds(2));
    Curve curve = recorder.curves().get(0);
    assertThat(curve.side()).isEqualTo(Curve.Side.SERVER);
    assertThat(curve.method()).isEqualTo(METHOD);
    List<Curve.Sample> seconds = curve.samples(CurveWindow.MINUTE);
    assertThat(seconds).hasSize(60);
    Curve.Sample first = seconds.get(57);
    assertThat(first.start()).isEqualTo(START);
    assertThat(first.calls()).isEqualTo(100);
    assertThat(first.failures()).as("NOT_FOUND is the caller's").isEqualTo(1);
    assertThat(first.median()).isBetween(0.002, 0.0022);
    assertThat(first.p99()).isBetween(1.0, 1.1);
    assertThat(seconds.get(58).calls()).isEqualTo(1);
    assertThat(seconds.get(58).median()).isBetween(0.005, 0.0055);
    assertThat(seconds.get(59).calls()).isZero();
  }

  @Test
  void aStepTellsWhatIsUnderWayWhatWasRejectedAndHowLongTheSlowestTook() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    for (int i = 0; i < 2_000; i++) {
      telemetry.callStarted(METHOD);
      ended(METHOD, Code.OK, Duration.ofMillis(i < 1_700 ? 1 : i < 1_990 ? 10 : 100));
    }
    telemetry.callStarted(METHOD);
    telemetry.callEnded(
        ServerCallOutcome.builder(METHOD)
            .status(Code.RESOURCE_EXHAUSTED, "")
            .rejectedByAdmission(RejectionReason.QUEUE_FULL)
            .build());
    for (int i = 0; i < 3; i++) {
      telemetry.callStarted(METHOD);
    }
    pass(recorder, Duration.ofSeconds(2));
    List<Curve.Sample> seconds = recorder.curves().get(0).samples(CurveWindow.MINUTE);
    Curve.Sample busy = seconds.get(58);
    assertThat(busy.inFlight()).isEqualTo(3);
    assertThat(busy.rejections()).isEqualTo(Map.of(RejectionReason.QUEUE_FULL, 1L));
    assertThat(busy.p90()).isBetween(0.010, 0.011);
    assertThat(busy.p999()).isBetween(0.100, 0.110);
    assertThat(seconds.get(59).inFlight()).as("they go on").isEqualTo(3);
    assertThat(seconds.get(59).rejections()).isEmpty();
  }

  @Test
  void aDayIsKeptInHoursAndWhatIsOlderIsGone() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    for (int hour = 0; hour < 30; hour++) {
      for (int i = 0; i <= hour; i++) {
        ended(METHOD, Code.OK, Duration.ofMillis(1));
      }
      pass(recorder, Duration.ofHours(1));
    }
    Curve curve = recorder.curves().get(0);
    assertThat(calls(curve, CurveWindow.DAY)).hasSize(24).startsWith(7L, 8L).endsWith(29L, 30L);
    assertThat(calls(curve, CurveWindow.HOUR)).hasSize(60).startsWith(30L).endsWith(0L);
    assertThat(sum(curve, CurveWindow.MINUTE)).isZero();
    assertThat(curve.samples(CurveWindow.DAY).get(23).start())
        .isEqualTo(START.plus(Duration.ofHours(29)));
  }

  @Test
  void callsBeforeTheRecordingAreNotShown() {
    ended(METHOD, Code.OK, Duration.ofMillis(1));
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    pass(recorder, Duration.ofSeconds(1));
    assertThat(sum(recorder.curves().get(0), CurveWindow.MINUTE)).isZero();
  }

  @Test
  void aProcessThatStoodStillLosesNoCall() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    ended(METHOD, Code.OK, Duration.ofMillis(1));
    clock.advance(Duration.ofSeconds(10));
    ended(METHOD, Code.OK, Duration.ofMillis(1));
    recorder.tick();
    recorder.tick();
    List<Long> seconds = calls(recorder.curves().get(0), CurveWindow.MINUTE);
    assertThat(seconds.get(50)).isEqualTo(2);
    assertThat(seconds.stream().mapToLong(each -> each).sum()).isEqualTo(2);
  }

  @Test
  void aClientsCallsHaveACurveForEachTarget() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    for (String target : List.of("dns:///a", "dns:///b")) {
      telemetry.callEnded(
          CallOutcome.builder(METHOD, target, ResolvedPolicy.of(List.of()))
              .status(Code.NOT_FOUND, "", StatusOrigin.WIRE)
              .totalTime(Duration.ofMillis(1))
              .build());
    }
    pass(recorder, Duration.ofSeconds(1));
    assertThat(recorder.curves())
        .extracting(Curve::target)
        .containsExactlyInAnyOrder("dns:///a", "dns:///b");
    assertThat(recorder.curves())
        .allSatisfy(
            curve -> assertThat(curve.samples(CurveWindow.MINUTE).get(59).failures()).isEqualTo(1));
  }

  @Test
  void moreMethodsThanThereIsRoomForShareOneCurve() {
    CurveRecorder recorder = CurveRecorder.manual(telemetry, clock);
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 2 * CurveRecorder.MAX_CURVES; i++) {
        ended("test.Echo/Say" + i, Code.OK, Duration.ofMillis(1));
      }
      pass(recorder, Duration.ofSeconds(1));
    }
    assertThat(recorder.curves()).hasSize(CurveRecorder.MAX_CURVES + 1);
    assertThat(recorder.curves())
        .filteredOn(curve -> curve.method().equals("other"))
        .singleElement()
        .satisfies(
            other ->
                assertThat(calls(other, CurveWindow.MINUTE))
                    .endsWith((long) CurveRecorder.MAX_CURVES, (long) CurveRecorder.MAX_CURVES));
    assertThat(recorder.curves().stream().mapToLong(each -> sum(each, CurveWindow.MINUTE)).sum())
        .isEqualTo(4L * CurveRecorder.MAX_CURVES);
  }

  @Test
  void aCurveTakesAtMostFortyKilobytes() {
    Telemetry busy = Telemetry.builder().maxSeries(100_000).build();
    for (int i = 0; i < CurveRecorder.MAX_CURVES; i++) {
      rejected(busy, "test.Echo/Say" + i);
    }
    long before = usedHeap();
    CurveRecorder recorder = CurveRecorder.manual(busy, clock);
    for (CurveWindow window : CurveWindow.values()) {
      for (int step = 0; step <= window.samples(); step++) {
        for (int i = 0; i < CurveRecorder.MAX_CURVES; i++) {
          rejected(busy, "test.Echo/Say" + i);
        }
        clock.advance(window.step());
        recorder.tick();
      }
    }
    long each = (usedHeap() - before) / CurveRecorder.MAX_CURVES;
    assertThat(recorder.curves()).hasSize(CurveRecorder.MAX_CURVES);
    assertThat(each)
        .as("bytes of a curve with every reason in every step")
        .isBetween(10_000L, 40_000L);
  }

  /** A call for each reason of a rejection. */
  private static void rejected(Telemetry telemetry, String method) {
    for (RejectionReason reason : RejectionReason.values()) {
      telemetry.callStarted(method);
      telemetry.callEnded(
          ServerCallOutcome.builder(method)
              .status(Code.RESOURCE_EXHAUSTED, "")
              .rejectedByAdmission(reason)
              .build());
    }
  }

  private static long usedHeap() {
    // A collection on request is a whole one with the collector that tests run with.
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
