package io.fairlead.scaling;

import static io.fairlead.scaling.Histories.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One instance carries 10; there are 2 to 100; an instance takes 30 s to start. */
class CapacityRuleTest {
  private static final ScalingPolicy POLICY = ScalingPolicy.builder(10).build();
  private final ScalingRule rule = ScalingRule.of(POLICY);

  private static Histories history() {
    return new Histories();
  }

  @ParameterizedTest
  @CsvSource({
    // load, running, wanted
    "200, 20, 20",
    "215, 20, 20", // within the dead band of a tenth
    "221, 20, 23",
    "600, 20, 60",
    "185, 20, 20", // within the dead band
    "150, 20, 15",
    "5, 20, 10", // at most half leave in a minute
    "5, 3, 2", // never below the minimum
    "5000, 60, 100", // never above the maximum
  })
  void aSteadyLoadNeedsItsQuotient(double load, int running, int wanted) {
    ScalingDecision decision = history().stretch(600, load, running).decide(rule);
    assertThat(decision.want()).as(decision.why()).isEqualTo(wanted);
  }

  @Test
  void aJumpIsFollowedWithinSeconds() {
    ScalingDecision decision = history().stretch(600, 200, 20).stretch(6, 600, 20).decide(rule);
    assertThat(decision.want()).isEqualTo(60);
    assertThat(decision.why()).isEqualTo("up from 20: 600.0 offered in 6 s / 10.0 = 60.0");
  }

  @Test
  void aLullOfFourMinutesCostsNoInstance() {
    ScalingDecision decision = history().stretch(600, 300, 30).stretch(238, 100, 30).decide(rule);
    assertThat(decision.want()).isEqualTo(30);
    assertThat(decision.why()).startsWith("kept");
  }

  @Test
  void aLullOfSixMinutesDoes() {
    ScalingDecision decision = history().stretch(600, 300, 30).stretch(362, 200, 30).decide(rule);
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).startsWith("down from 30: at most 200.0 offered in 300 s");
  }

  @Test
  void whoHasJustGrownDoesNotShrink() {
    ScalingDecision decision = history().stretch(400, 100, 20).stretch(30, 100, 25).decide(rule);
    assertThat(decision.want()).isEqualTo(25);
    assertThat(decision.why()).startsWith("kept: it has grown within 60 s");
  }

  @Test
  void halfMayLeaveInAMinuteAndNotHalfAgain() {
    ScalingDecision decision = history().stretch(600, 20, 20).stretch(30, 20, 10).decide(rule);
    assertThat(decision.want()).as(decision.why()).isEqualTo(10);
  }

  @Test
  void aNewDeciderMayOnlyGrow() {
    ScalingDecision kept = history().stretch(120, 50, 20).decide(rule);
    assertThat(kept.want()).isEqualTo(20);
    assertThat(kept.why()).startsWith("kept: the history is 118 s long, and shrinking takes 300");
    assertThat(history().stretch(120, 500, 20).decide(rule).want()).isEqualTo(50);
  }

  @Test
  void whatIsRefusedCountsAsLoad() {
    // 250 are all that 20 instances can serve; 600 were offered.
    ScalingDecision decision =
        history().stretch(600, 600, 600, 20, b -> b.served(250).unserved(350)).decide(rule);
    assertThat(decision.want()).isEqualTo(60);
  }

  @Test
  void instancesThatAreStartingAreNotStartedTwice() {
    ScalingDecision decision =
        history()
            .stretch(600, 200, 20)
            .stretch(10, 600, 600, 20, b -> b.instances(20, 40))
            .decide(rule);
    assertThat(decision.want()).isEqualTo(60);
    assertThat(decision.why()).startsWith("kept");
  }

  @Test
  void aSteadyRiseIsMetBeforeItArrives() {
    // One more a second; in 30 s it will be 330.
    ScalingDecision decision =
        history()
            .stretch(600, 100, 100, 10, b -> b)
            .stretch(200, 100, 300, 28, b -> b)
            .decide(rule);
    assertThat(decision.want()).as(decision.why()).isEqualTo(33);
    assertThat(decision.why()).contains("expected in 30 s");
  }

  @Test
  void aJumpIsNoTrend() {
    for (int age = 2; age <= 120; age += 2) {
      ScalingDecision decision = history().stretch(600, 200, 20).stretch(age, 600, 20).decide(rule);
      assertThat(decision.want()).as(age + " s after it").isLessThanOrEqualTo(60);
    }
  }

  @Test
  void aFallingTrendDoesNotShrinkAhead() {
    ScalingDecision decision =
        history()
            .stretch(600, 300, 300, 30, b -> b)
            .stretch(120, 300, 180, 30, b -> b)
            .decide(rule);
    assertThat(decision.want()).isEqualTo(30);
  }

  @Test
  void withoutReportsNothingMoves() {
    UnaryOperator<LoadSample.Builder> silent = b -> b.unknown("the registry is away");
    ScalingDecision decision =
        history().stretch(600, 50, 20).stretch(20, 0, 0, 20, silent).decide(rule);
    assertThat(decision.kind()).isEqualTo(ScalingDecision.Kind.FROZEN);
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).isEqualTo("frozen: the registry is away");
  }

  @Test
  void instancesThatDieWhileNothingIsKnownAreReplaced() {
    UnaryOperator<LoadSample.Builder> silent = b -> b.unknown("the registry is away");
    assertThat(history().stretch(600, 200, 20).stretch(20, 0, 0, 17, silent).decide(rule).want())
        .isEqualTo(20);
  }

  @Test
  void tooFewReportsAreAsGoodAsNone() {
    ScalingDecision decision =
        history()
            .stretch(600, 200, 20)
            .stretch(20, 120, 120, 20, b -> b.reporting(12))
            .decide(rule);
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).isEqualTo("frozen: only 12 of 20 instances report their load");
  }

  @Test
  void aFewMissingReportsAreFilledWithTheMean() {
    // 18 of 20 report 270 together, so 20 have 300.
    ScalingDecision decision =
        history().stretch(600, 270, 270, 20, b -> b.reporting(18)).decide(rule);
    assertThat(decision.want()).isEqualTo(30);
  }

  @Test
  void anOldSampleIsNoPresent() {
    List<LoadSample> history = history().stretch(600, 50, 20).build();
    ScalingDecision decision = rule.decide(history, NOW.plusSeconds(16));
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).isEqualTo("frozen: the last sample is 16 s old");
  }

  @Test
  void retriesAreNoReasonToGrow() {
    ScalingDecision decision =
        history().stretch(600, 400, 400, 20, b -> b.retryShare(0.3)).decide(rule);
    assertThat(decision.kind()).isEqualTo(ScalingDecision.Kind.HELD);
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).startsWith("held: 30 % of the attempts are retries, above 20 %");
  }

  @Test
  void growthThatDoesNotHelpTwiceEnds() {
    // Calls at once, as a dependency is slow: what is served stays the same.
    ScalingDecision decision =
        history()
            .stretch(400, 200, 200, 20, b -> b.served(100))
            .stretch(60, 400, 400, 20, b -> b.served(100))
            .stretch(60, 500, 500, 40, b -> b.served(105))
            .stretch(60, 900, 900, 60, b -> b.served(105))
            .decide(rule);
    assertThat(decision.kind()).isEqualTo(ScalingDecision.Kind.HELD);
    assertThat(decision.want()).isEqualTo(60);
    assertThat(decision.why())
        .startsWith(
            "held: the bottleneck is elsewhere: from 20 to 60 instances, 100.0 served became"
                + " 105.0");
  }

  @Test
  void growthThatHelpsGoesOn() {
    ScalingDecision decision =
        history()
            .stretch(400, 200, 20)
            .stretch(60, 400, 20)
            .stretch(60, 600, 40)
            .stretch(60, 900, 60)
            .decide(rule);
    assertThat(decision.want()).as(decision.why()).isEqualTo(90);
  }

  @Test
  void instancesThatCarryLessThanStatedAreBelieved() {
    // At work for 0.9 of the time with 6 each: with 0.8 it is 5.3.
    ScalingDecision decision =
        history().stretch(600, 120, 120, 20, b -> b.utilization(0.9)).decide(rule);
    assertThat(decision.want()).isEqualTo(23);
    assertThat(decision.why()).contains("10.0 (5.3 learned, and used)");
  }

  @Test
  void instancesThatCouldCarryMoreAreOnlyMentioned() {
    ScalingDecision decision =
        history().stretch(600, 200, 200, 20, b -> b.utilization(0.4)).decide(rule);
    assertThat(decision.want()).isEqualTo(20);
    assertThat(decision.why()).contains("10.0 (20.0 learned)");
  }

  @Test
  void aZoneMayFail() {
    ScalingRule zoned = ScalingRule.of(POLICY.toBuilder().zones(3).build());
    ScalingDecision decision = history().stretch(600, 200, 20).decide(zoned);
    // 30 in three zones: 20 are left when one is lost.
    assertThat(decision.want()).isEqualTo(30);
    assertThat(decision.why()).contains("with a zone of 3 spare");
  }

  @Test
  void aServiceWithoutLoadMayHaveNoInstance() {
    ScalingRule toZero = ScalingRule.of(POLICY.toBuilder().min(0).build());
    assertThat(history().stretch(600, 0, 1).decide(toZero).want()).isZero();
    assertThat(history().stretch(600, 0.01, 1).decide(toZero).want()).isEqualTo(1);
    assertThat(history().stretch(600, 0, 0).decide(toZero).want()).isZero();
    assertThat(history().stretch(600, 0, 1).decide(rule).want()).as("min 2").isEqualTo(2);
  }

  @Test
  void aSingleWaitingCallStartsTheFirstInstance() {
    ScalingRule toZero = ScalingRule.of(POLICY.toBuilder().min(0).build());
    ScalingDecision decision =
        history()
            .stretch(600, 0, 0)
            .stretch(2, 1, 1, 0, b -> b.served(0).unserved(1))
            .decide(toZero);
    assertThat(decision.want()).as(decision.why()).isEqualTo(1);
  }

  @Test
  void aCallThatWaitsForLongStartsTheFirstInstanceThoughNobodyFollows() {
    ScalingRule toZero = ScalingRule.of(POLICY.toBuilder().min(0).build());
    ScalingDecision decision = history().stretch(600, 0, 0, 0, b -> b.waiting(1, 0)).decide(toZero);
    assertThat(decision.want()).isEqualTo(1);
    assertThat(decision.kind()).isEqualTo(ScalingDecision.Kind.UP);
    assertThat(decision.why())
        .isEqualTo("up from 0: 1 call waits; 0.0 offered in 60 s / 10.0 = 0.0");
  }

  @Test
  void callsThatWaitAreLoadThatNoInstanceReports() {
    ScalingRule toZero = ScalingRule.of(POLICY.toBuilder().min(0).build());
    assertThat(history().stretch(600, 0, 0, 0, b -> b.waiting(200, 35)).decide(toZero).want())
        .as("35 a second, of which 200 wait by now")
        .isEqualTo(4);
    LoadSample partly =
        LoadSample.builder(Histories.NOW)
            .offered(80)
            .instances(10, 0)
            .reporting(8)
            .waiting(4, 5)
            .build();
    assertThat(LoadHistory.load(partly))
        .as("only what instances report stands for more")
        .isEqualTo(105);
  }

  @Test
  void theLastInstanceStaysWhileACallWaits() {
    ScalingRule toZero = ScalingRule.of(POLICY.toBuilder().min(0).build());
    assertThat(history().stretch(600, 0, 0, 1, b -> b.waiting(1, 0)).decide(toZero).want())
        .isEqualTo(1);
    assertThat(history().stretch(600, 0, 0, 3, b -> b.waiting(1, 0)).decide(toZero).want())
        .as("at most half of them leave in a minute")
        .isEqualTo(2);
  }

  @Test
  void aServiceThatIsFullSaysSo() {
    ScalingDecision decision =
        history().stretch(600, 1500, 1500, 100, b -> b.served(1250).unserved(250)).decide(rule);
    assertThat(decision.want()).isEqualTo(100);
    assertThat(decision.why())
        .isEqualTo(
            "saturated at the maximum of 100: 1500.0 offered in 60 s / 10.0 = 150.0, 250.0"
                + " unserved");
  }

  @ParameterizedTest
  @CsvSource({
    "600, 20, UP",
    "5000, 60, SATURATED",
    "200, 20, KEPT",
    "100, 20, DOWN",
    "100, 120, DOWN",
    "0, 1, UP",
  })
  void theKindOfADecisionIsAValue(double load, int running, ScalingDecision.Kind kind) {
    assertThat(history().stretch(600, load, running).decide(rule).kind()).isEqualTo(kind);
  }

  @Test
  void theSameHistoryGivesTheSameDecision() {
    Histories history = history().stretch(400, 100, 300, 20, b -> b);
    assertThat(history.decide(rule)).isEqualTo(history.decide(ScalingRule.of(POLICY)));
  }

  @Test
  void settingsThatCannotBeAreRefusedInWords() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScalingPolicy.builder(0))
        .withMessage("capacity 0.0 is not a load; give a number above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScalingPolicy.builder(1).min(5).max(4).build())
        .withMessage("max 4 is below min 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScalingPolicy.builder(1).min(-1))
        .withMessage("min -1 is negative; use 0 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScalingPolicy.builder(1).min(0).max(0).build())
        .withMessage("max 0 is too small; use at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScalingPolicy.builder(1).downWindow(Duration.ofSeconds(5)).build())
        .withMessageContaining("is below the stable window");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LoadSample.builder(NOW).offered(Double.NaN))
        .withMessage("offered is NaN; give a number of 0 or more, or leave it out if unknown");
  }
}
