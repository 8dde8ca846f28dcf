package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.balance.internal.OutlierDetector.Sample;
import io.fairlead.balance.internal.OutlierDetector.Verdict;
import io.fairlead.policy.BalancerSpec;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class OutlierDetectorTest {
  private static final long MILLI = 1_000_000L;

  /** An endpoint that answered so many calls in so many milliseconds each, and failed others. */
  private static Sample sample(String id, int answered, int failed, long millis) {
    return new Sample(
        id,
        false,
        new LoadStats.Window(answered, failed, answered, (double) answered * millis * MILLI));
  }

  private static List<Sample> good(int count) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(sample("good-" + i, 199, 1, 10));
    }
    return samples;
  }

  @Test
  void aSuccessRateFarBelowTheOthersEjects() {
    List<Sample> all = good(19);
    all.add(sample("bad", 150, 50, 10));
    assertThat(OutlierDetector.decide(OutlierDetectionPolicy.DEFAULT, all))
        .containsOnly(
            Map.entry(
                "bad", new Verdict("success_rate", "success rate 75.0 % of all 98.3 %", true)));
    assertThat(OutlierDetector.decide(OutlierDetectionPolicy.OFF, all)).isEmpty();
  }

  @Test
  void endpointsWithFewCallsOrPeersAreNotEjected() {
    List<Sample> all = good(19);
    all.add(sample("new", 50, 49, 10));
    assertThat(OutlierDetector.decide(OutlierDetectionPolicy.DEFAULT, all)).isEmpty();
    List<Sample> four = good(3);
    four.add(sample("bad", 100, 100, 10));
    assertThat(OutlierDetector.decide(OutlierDetectionPolicy.DEFAULT, four)).isEmpty();
  }

  @Test
  void aPercentageOfFailuresEjects() {
    OutlierDetectionPolicy policy =
        OutlierDetectionPolicy.builder().failurePercent(30).stdevFactor(0).build();
    List<Sample> all = good(18);
    all.add(sample("below", 142, 58, 10));
    all.add(sample("above", 138, 62, 10));
    assertThat(OutlierDetector.decide(policy, all))
        .containsOnly(
            Map.entry(
                "above", new Verdict("failure_percentage", "31.0 % of its calls failed", true)));
  }

  @Test
  void aLatencyFarAboveTheMedianEjects() {
    OutlierDetectionPolicy policy =
        OutlierDetectionPolicy.builder().latencyFactor(3).stdevFactor(0).build();
    List<Sample> all = good(18);
    all.add(sample("three times", 200, 0, 30));
    all.add(sample("more", 200, 0, 31));
    assertThat(OutlierDetector.decide(policy, all))
        .containsOnly(
            Map.entry("more", new Verdict("latency", "mean latency 31ms, median 10ms", true)));
  }

  @Test
  void worstEndpointsAreEjectedFirstUpToTheMaximum() {
    OutlierDetectionPolicy policy =
        OutlierDetectionPolicy.builder().failurePercent(30).stdevFactor(0).maxPercent(10).build();
    List<Sample> all = good(16);
    all.add(sample("bad-1", 120, 80, 10));
    all.add(sample("bad-2", 100, 100, 10));
    all.add(sample("bad-3", 60, 140, 10));
    all.add(new Sample("out already", true, new LoadStats.Window(0, 0, 0, 0)));
    Map<String, Verdict> found = OutlierDetector.decide(policy, all);
    assertThat(found).containsOnlyKeys("bad-1", "bad-2", "bad-3");
    assertThat(found.values().stream().filter(Verdict::ejects))
        .containsExactly(Objects.requireNonNull(found.get("bad-3")));
    assertThat(OutlierDetector.mayEject(10, 3, 0)).as("one always may be").isTrue();
    assertThat(OutlierDetector.mayEject(10, 3, 1)).isFalse();
    assertThat(OutlierDetector.mayEject(0, 3, 0)).isFalse();
  }

  @Test
  void anEjectionIsLongerEachTimeAndShorterAfterQuietIntervals() {
    OutlierDetectionPolicy policy = OutlierDetectionPolicy.DEFAULT;
    EjectionState ejectionState = new EjectionState();
    long second = 1_000 * MILLI;
    ejectionState.eject(policy, 0);
    assertThat(ejectionState.endIfOver(29 * second)).isFalse();
    assertThat(ejectionState.endIfOver(30 * second)).isTrue();
    ejectionState.eject(policy, 100 * second);
    assertThat(ejectionState.endIfOver(159 * second)).isFalse();
    assertThat(ejectionState.endIfOver(160 * second)).isTrue();
    ejectionState.intervalPassed();
    ejectionState.intervalPassed();
    ejectionState.eject(policy, 200 * second);
    assertThat(ejectionState.endIfOver(230 * second)).isTrue();
    for (int i = 0; i < 50; i++) {
      ejectionState.eject(policy, 0);
    }
    assertThat(ejectionState.endIfOver(299 * second)).isFalse();
    assertThat(ejectionState.endIfOver(300 * second)).as("at most").isTrue();
  }

  @Test
  void periodicDetectionEjectsInAChannel() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .outlierDetection(OutlierDetectionPolicy.builder().consecutiveFailures(0).build()),
            VirtualChannel.endpoints(10));
    for (int i = 0; i < 2_000; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      boolean fails = call.id().equals("e0004") && i % 20 < 10;
      call.end(fails ? Status.INTERNAL : Status.OK);
    }
    channel.pass(9_900);
    assertThat(channel.spread(100)).containsKey("e0004");
    channel.pass(1_200);
    assertThat(channel.spread(100)).hasSize(9).doesNotContainKey("e0004");
    channel.pass(32_000);
    assertThat(channel.spread(100)).hasSize(10);
  }

  @Test
  void contradictoryEjectionTimesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                OutlierDetectionPolicy.builder()
                    .baseEjection(Duration.ofMinutes(1))
                    .maxEjection(Duration.ofSeconds(10))
                    .build())
        .withMessageContaining("outlier_detection.max_ejection 10s is below base_ejection 1m");
  }
}
