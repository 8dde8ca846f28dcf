package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a channel tells of its connections, and of the signs of life of its endpoints. */
class EndpointFiguresTest {
  private final List<String> heard = new ArrayList<>();

  private final class Listener implements CallObserver {
    @Override
    public void callEnded(CallOutcome outcome) {
      throw new AssertionError(outcome);
    }

    @Override
    public void connectionChanged(String target, String endpoint, ConnectivityStateInfo now) {
      heard.add(target + " " + endpoint + " " + now.getState());
    }

    @Override
    public void outlierFound(String target, String endpoint, String rule, boolean ejected) {
      heard.add(endpoint + " " + rule + " " + ejected);
    }
  }

  private VirtualChannel channel(OutlierDetectionPolicy outliers, int endpoints) {
    VirtualChannel channel =
        new VirtualChannel(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .outlierDetection(outliers)
                .maxConsecutiveTimeouts(3)
                .withoutHealth()
                .build(),
            42);
    channel.target.observer(new Listener());
    channel.list(VirtualChannel.endpoints(endpoints));
    return channel;
  }

  private static EndpointView view(VirtualChannel channel, String id) {
    return channel.target.endpoints().stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyConnectionIsReportedWhenItStandsFailsIsLostAndIsClosed() {
    VirtualChannel channel = channel(OutlierDetectionPolicy.OFF, 2);
    channel.connect("e0000");
    channel.fail("e0001");
    channel.lose("e0000");
    channel.connect("e0000");
    channel.shutdown();
    String one = "dns:///names:1 10.0.0.1:1 ";
    assertThat(heard)
        .containsExactly(
            one + ConnectivityState.READY,
            "dns:///names:1 10.0.0.2:1 " + ConnectivityState.TRANSIENT_FAILURE,
            one + ConnectivityState.IDLE,
            one + ConnectivityState.READY,
            one + ConnectivityState.SHUTDOWN);
    assertThat(channel.target.endpoints()).as("after the end").isEmpty();
  }

  @Test
  void anEjectionIsReportedWithItsRuleAndCountedAtItsEndpoint() {
    VirtualChannel channel = channel(OutlierDetectionPolicy.DEFAULT, 3);
    channel.connectAll();
    heard.clear();
    for (int i = 0; i < 30 && heard.isEmpty(); i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.end(call.id().equals("e0001") ? Status.INTERNAL : Status.OK);
    }
    assertThat(heard).containsExactly("10.0.0.2:1 consecutive_failures true");
    assertThat(view(channel, "e0001").isEjected()).isTrue();
    assertThat(view(channel, "e0001").isReady()).isFalse();
    assertThat(view(channel, "e0001").ejections()).isEqualTo(1);
    assertThat(view(channel, "e0000").isReady()).isTrue();
    assertThat(view(channel, "e0000").ejections()).isZero();
  }

  @Test
  void anOutlierThatMayNotBeEjectedIsReportedAsSuch() {
    VirtualChannel channel =
        channel(
            OutlierDetectionPolicy.builder()
                .consecutiveFailures(0)
                .stdevFactor(0)
                .failurePercent(30)
                .maxPercent(10)
                .build(),
            10);
    channel.connectAll();
    heard.clear();
    for (int i = 0; i < 2_000; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      boolean fails = call.id().equals("e0004") || call.id().equals("e0005");
      call.end(fails ? Status.INTERNAL : Status.OK);
    }
    channel.pass(11_000);
    assertThat(heard)
        .containsExactlyInAnyOrder(
            "10.0.0.5:1 failure_percentage true", "10.0.0.6:1 failure_percentage false");
  }

  @Test
  void anOutlierByConsecutiveFailuresThatMayNotBeEjectedIsReportedOnceAnInterval() {
    VirtualChannel channel =
        channel(OutlierDetectionPolicy.DEFAULT.toBuilder().maxPercent(10).build(), 3);
    channel.connectAll();
    heard.clear();
    for (int i = 0; i < 60; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.end(call.id().equals("e0002") ? Status.OK : Status.INTERNAL);
    }
    // Of three, one may be ejected. The other failed on, and is found with each of its calls.
    assertThat(heard).hasSize(2);
    assertThat(heard.get(0)).endsWith(" consecutive_failures true");
    String stays = heard.get(0).startsWith("10.0.0.1:1 ") ? "10.0.0.2:1" : "10.0.0.1:1";
    assertThat(heard.get(1)).isEqualTo(stays + " consecutive_failures false");
    channel.pass(10_000);
    heard.clear();
    for (int i = 0; i < 10; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.end(call.id().equals("e0002") ? Status.OK : Status.INTERNAL);
    }
    assertThat(heard).containsExactly(stays + " consecutive_failures false");
  }

  @Test
  void theAgeOfTheLastSignOfLifeGrowsUntilAnAnswerComes() {
    VirtualChannel channel = channel(OutlierDetectionPolicy.OFF, 1);
    assertThat(view(channel, "e0000").sinceHeard()).isEmpty();
    channel.connectAll();
    channel.pass(7_000);
    assertThat(view(channel, "e0000").sinceHeard()).contains(Duration.ofSeconds(7));
    // An end that this side decides is no sign of life.
    channel.start(channel.attempt()).end(Status.CANCELLED);
    assertThat(view(channel, "e0000").sinceHeard()).contains(Duration.ofSeconds(7));
    VirtualChannel.Call answered = channel.start(channel.attempt());
    answered.tracer().inboundTrailers(new Metadata());
    answered.end(Status.OK);
    assertThat(view(channel, "e0000").sinceHeard()).contains(Duration.ZERO);
  }

  @Test
  void aPingWithoutAReplyIsCounted() {
    VirtualChannel channel = channel(OutlierDetectionPolicy.OFF, 1);
    channel.connectAll();
    channel.repliesToPings = false;
    for (int i = 0; i < 3; i++) {
      channel.start(channel.attempt()).end(Status.DEADLINE_EXCEEDED);
    }
    assertThat(view(channel, "e0000").missedPings()).isZero();
    channel.pass(1_000);
    assertThat(view(channel, "e0000").missedPings()).isEqualTo(1);
  }

  private VirtualChannel weighted(String spec) {
    VirtualChannel channel =
        new VirtualChannel(
            BalancingOptions.builder().balancer(BalancerSpec.of(spec)).withoutHealth().build(), 42);
    channel.target.observer(
        new CallObserver() {
          @Override
          public void callEnded(CallOutcome outcome) {
            throw new AssertionError(outcome);
          }

          @Override
          public void weightsUpdated(String target, double[] weights, int stale) {
            heard.add(target + " " + Arrays.toString(weights) + " " + stale);
          }
        });
    channel.list(VirtualChannel.endpoints(2));
    channel.connectAll();
    return channel;
  }

  /** Each call reports: 100 calls a second at half of the load, so a weight of 200. */
  private static void callUntilBothHaveReported(VirtualChannel channel) throws IOException {
    Metadata trailers = new Metadata();
    trailers.put(
        OrcaLoadReports.TRAILER,
        OrcaLoadReportsTest.bytes(new OrcaLoadReports.Report(0.5, 100, 0)));
    for (int i = 0; i < 8; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.tracer().inboundTrailers(trailers);
      call.end(Status.OK);
    }
  }

  @Test
  void theWeightsOfWeightedRoundRobinAreReportedWithWhatIsNotUsable() throws Exception {
    VirtualChannel channel = weighted("weighted_round_robin");
    assertThat(heard).last().isEqualTo("dns:///names:1 [0.0, 0.0] 0");
    callUntilBothHaveReported(channel);
    channel.pass(5_000);
    assertThat(heard).last().as("too early").isEqualTo("dns:///names:1 [0.0, 0.0] 0");
    channel.pass(7_000);
    callUntilBothHaveReported(channel);
    channel.pass(2_000);
    assertThat(heard).last().isEqualTo("dns:///names:1 [200.0, 200.0] 0");
    channel.pass(200_000);
    assertThat(heard).last().as("silent for minutes").isEqualTo("dns:///names:1 [0.0, 0.0] 2");
  }

  @Test
  void otherBalancersReportNoWeights() {
    VirtualChannel channel = weighted("round_robin");
    channel.pass(5_000);
    assertThat(heard).isEmpty();
  }
}
