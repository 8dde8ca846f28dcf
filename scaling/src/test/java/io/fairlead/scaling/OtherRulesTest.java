package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of others decide as they are published, so that a comparison with them is fair. */
class OtherRulesTest {
  private static final ScalingPolicy POLICY = ScalingPolicy.builder(10).min(1).build();

  @ParameterizedTest
  @CsvSource({
    // total, replicas, wanted: ceil(total / 10), nothing within a tenth
    "100, 10, 10",
    "110, 10, 10",
    "111, 10, 12",
    "91, 10, 10",
    "89, 10, 9",
    "200, 10, 20",
    "450, 10, 20", // at most twice as many in 15 s
    "60, 1, 5", // or four more
    "1, 10, 1",
  })
  void horizontalPodAutoscaler(double total, int replicas, int wanted) {
    ScalingDecision decision =
        new Histories()
            .stretch(400, total, replicas)
            .decide(ScalingRule.horizontalPodAutoscaler(POLICY));
    assertThat(decision.want()).as(decision.why()).isEqualTo(wanted);
  }

  @Test
  void horizontalPodAutoscalerKeepsTheHighestOfFiveMinutes() {
    ScalingRule rule = ScalingRule.horizontalPodAutoscaler(POLICY);
    assertThat(new Histories().stretch(400, 200, 20).stretch(280, 50, 20).decide(rule).want())
        .isEqualTo(20);
    assertThat(new Histories().stretch(400, 200, 20).stretch(330, 50, 20).decide(rule).want())
        .isEqualTo(5);
    assertThat(new Histories().stretch(100, 50, 20).decide(rule).want())
        .as("a new controller takes what runs for a recommendation")
        .isEqualTo(20);
  }

  @Test
  void horizontalPodAutoscalerDoesNothingWithoutAMetric() {
    ScalingDecision decision =
        new Histories()
            .stretch(400, 200, 20)
            .stretch(2, 0, 0, 20, b -> b.unknown("away"))
            .decide(ScalingRule.horizontalPodAutoscaler(POLICY));
    assertThat(decision.want()).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource({
    // load, ready, wanted: ceil(load / 10), at most a halving
    "100, 10, 10",
    "101, 10, 11",
    "190, 10, 19",
    "55, 10, 6",
    "10, 10, 5",
    "1000, 10, 100",
  })
  void knativeInItsStableMode(double load, int ready, int wanted) {
    ScalingDecision decision =
        new Histories().stretch(290, load, ready).decide(ScalingRule.knative(POLICY));
    assertThat(decision.want()).as(decision.why()).isEqualTo(wanted);
  }

  @Test
  void knativePanicsAtTwiceWhatIsReadyAndThenDoesNotShrink() {
    ScalingRule rule = ScalingRule.knative(POLICY);
    ScalingDecision panic = new Histories().stretch(280, 100, 10).stretch(6, 300, 10).decide(rule);
    assertThat(panic.want()).isEqualTo(30);
    assertThat(panic.why()).startsWith("panic");
    ScalingDecision after =
        new Histories()
            .stretch(200, 100, 10)
            .stretch(10, 300, 10)
            .stretch(50, 100, 30)
            .decide(rule);
    assertThat(after.want()).isEqualTo(30);
    ScalingDecision calm =
        new Histories()
            .stretch(150, 100, 10)
            .stretch(10, 300, 10)
            .stretch(130, 100, 30)
            .decide(rule);
    assertThat(calm.why()).startsWith("stable");
    assertThat(calm.want()).isEqualTo(15);
  }

  @Test
  void knativeBeginsInPanicSoThatLostHistoryDoesNotShrink() {
    ScalingDecision decision =
        new Histories().stretch(30, 10, 10).decide(ScalingRule.knative(POLICY));
    assertThat(decision.want()).isEqualTo(10);
  }

  @Test
  void targetTrackingGrowsAfterThreeMinutesAndShrinksAfterFifteen() {
    ScalingRule rule = ScalingRule.targetTracking(POLICY);
    assertThat(new Histories().stretch(900, 100, 10).stretch(118, 200, 10).decide(rule).want())
        .isEqualTo(10);
    assertThat(new Histories().stretch(900, 100, 10).stretch(182, 200, 10).decide(rule).want())
        .isEqualTo(20);
    assertThat(new Histories().stretch(600, 100, 10).stretch(838, 50, 10).decide(rule).want())
        .isEqualTo(10);
    assertThat(new Histories().stretch(600, 100, 10).stretch(904, 50, 10).decide(rule).want())
        .isEqualTo(5);
  }
}
