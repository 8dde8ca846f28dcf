package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.discovery.Endpoint;
import io.fairlead.observe.internal.StreamTracer;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.testkit.LogCapture;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Troubles of endpoints and connections that a channel must not make worse, in virtual time. */
class OutagesTest {
  private static final EndpointSelector CANARY = new EndpointSelector("version", "2", true);

  /** Four endpoints, the last of which is the canary. */
  private static Endpoint[] withCanary() {
    Endpoint[] four = VirtualChannel.endpoints(4);
    four[3] = four[3].toBuilder().version("2").build();
    return four;
  }

  private static LoadBalancingContext toCanary(VirtualChannel channel) {
    return channel.attempt(PickRequest.ANY.withEndpointSelector(CANARY));
  }

  @Test
  void strictRouteToOneCanaryIsNotOutAfterASlowSpell() {
    VirtualChannel channel = VirtualChannel.of("round_robin", withCanary());
    for (int i = 0; i < 5; i++) {
      channel.call(toCanary(channel), Status.UNAVAILABLE);
    }
    assertThat(channel.spread(30)).as("ejected for all others").hasSize(3);

    channel.pass(2_000);
    LoadBalancingContext context = toCanary(channel);
    assertThat(channel.call(context)).isEqualTo("e0003");
    assertThat(context.reason()).contains("ejected, back in 28s");
  }

  @Test
  void strictRouteThatHasOthersStillAvoidsTheEjectedOne() {
    Endpoint[] six = VirtualChannel.endpoints(6);
    for (int i = 3; i < 6; i++) {
      six[i] = six[i].toBuilder().version("2").build();
    }
    VirtualChannel channel = VirtualChannel.of("round_robin", six);
    for (int i = 0; i < 5; i++) {
      channel.call(channel.attempt(PickRequest.ANY.withEndpoint("e0003")), Status.UNAVAILABLE);
    }
    for (int i = 0; i < 20; i++) {
      assertThat(channel.call(toCanary(channel))).isNotEqualTo("e0003");
    }
  }

  @Test
  void strictRouteWithoutAMatchSaysWhetherItIsAbsentOrDown() {
    VirtualChannel absent = VirtualChannel.of("round_robin", VirtualChannel.endpoints(4));
    assertThat(refusal(absent))
        .isEqualTo("no endpoint with version=2 (strict) is in the list of 4 endpoints of names");

    VirtualChannel down = VirtualChannel.of("round_robin", withCanary());
    down.fail("e0003");
    assertThat(refusal(down))
        .isEqualTo(
            "the only endpoint with version=2 (strict) cannot take calls: e0003 (10.0.0.4:1):"
                + " refused");
  }

  private static String refusal(VirtualChannel channel) {
    PickResult result = channel.pick(toCanary(channel));
    return String.valueOf(result.getStatus().getDescription());
  }

  @Test
  void loneEndpointIsNotToldAsEjected() {
    try (LogCapture log = LogCapture.of(ManagedEndpoint.class.getName())) {
      VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
      for (int i = 0; i < 20; i++) {
        assertThat(channel.call(channel.attempt(), Status.UNAVAILABLE)).isEqualTo("e0000");
      }
      assertThat(log.with("ejected")).isEmpty();
    }
  }

  @Test
  void goAwayOnEachNewConnectionIsMetWithBackoff() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    int served = channel.connectsRequested("e0000");
    int all = 0;
    channel.lose("e0000");
    for (int ms = 0; ms < 10_000; ms++) {
      while (channel.connectsRequested("e0000") > served && all < 10_000) {
        served = channel.connectsRequested("e0000");
        all++;
        channel.connect("e0000");
        channel.lose("e0000");
      }
      channel.pass(1);
    }
    assertThat(all).isBetween(5, 12);
  }

  @Test
  void connectionThatLivedForAWhileIsReplacedAtOnce() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    for (int i = 1; i <= 20; i++) {
      channel.pass(5_000);
      int before = channel.connectsRequested("e0000");
      channel.lose("e0000");
      assertThat(channel.connectsRequested("e0000")).isEqualTo(before + 1);
      channel.connect("e0000");
    }
  }

  private static void miss(VirtualChannel channel, int times) {
    for (int i = 0; i < times; i++) {
      channel.call(channel.attempt(), Status.DEADLINE_EXCEEDED);
    }
  }

  @Test
  void connectionWhosePingsAreAnsweredIsNotReplaced() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    for (int minute = 0; minute < 60; minute++) {
      miss(channel, 600);
      channel.pass(60_000);
    }
    assertThat(channel.created).isEqualTo(1);
    assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
    // A stock server that sends nothing bears three, and then one each five minutes.
    assertThat(channel.pings).isBetween(4, 3 + 60 / 5);
  }

  @Test
  void silentConnectionIsKeptUntilANewOneStands() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    miss(channel, 5);
    LoadBalancingContext waiting = channel.attempt();
    assertThat(channel.pick(waiting).hasResult()).as("calls wait").isFalse();
    assertThat(waiting.reason())
        .isEqualTo("the only endpoint of names does not answer; 1 silent: no ping is answered");
    assertThat(channel.state()).isEqualTo(ConnectivityState.CONNECTING);

    channel.pass(1_000);
    assertThat(channel.created).isEqualTo(2);
    assertThat(channel.links()).as("the old one is not given up").isEqualTo(2);
    assertThat(channel.pick(channel.attempt()).hasResult()).isFalse();

    channel.pass(60_000);
    channel.connect("e0000#2");
    assertThat(channel.links()).isEqualTo(1);
    assertThat(channel.isConnected("e0000#2")).isTrue();
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  @Test
  void silentConnectionThatSpeaksAgainIsKept() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    VirtualChannel.Call open = channel.start(channel.attempt());
    miss(channel, 5);
    channel.pass(5_000);
    assertThat(channel.links()).isEqualTo(2);

    open.tracer().inboundTrailers(new Metadata());
    open.end(Status.OK);
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
    assertThat(channel.links()).isEqualTo(1);
    assertThat(channel.isConnected("e0000")).isTrue();
    channel.shutdown();
    assertThat(channel.hasTimers()).isFalse();
  }

  @Test
  void keepAliveWithoutAReplyKeepsTheConnectionOfAServerThatOnlyStandsStill() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.missKeepAlive("e0000");
    assertThat(channel.pick(channel.attempt()).hasResult()).as("calls wait").isFalse();
    assertThat(channel.created).as("another connection is made").isEqualTo(2);
    channel.missKeepAlive("e0000");
    assertThat(channel.created).isEqualTo(2);
    assertThat(channel.isConnected("e0000")).isTrue();

    channel.replyToKeepAlive("e0000");
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
    assertThat(channel.links()).isEqualTo(1);
    assertThat(channel.isConnected("e0000")).isTrue();
  }

  @Test
  void keepAliveWithoutAReplyEndsTheConnectionWhenAnotherOneStands() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.missKeepAlive("e0000");
    channel.connect("e0000#2");
    assertThat(channel.isConnected("e0000")).isFalse();
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  /** Its calls may have no deadline. */
  @Test
  void keepAliveWithoutAReplyEndsTheConnectionWhenAnotherOneFails() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.missKeepAlive("e0000");
    channel.fail("e0000#2");
    assertThat(channel.isConnected("e0000")).isFalse();
    assertThat(channel.isConnected("e0000#2")).as("it goes on trying").isTrue();
    channel.connect("e0000#2");
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  @Test
  void keepAliveEndsAConnectionWhoseSuccessorHasFailedBefore() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    miss(channel, 5);
    channel.pass(1_000);
    channel.fail("e0000#2");
    assertThat(channel.isConnected("e0000")).as("calls have their deadlines").isTrue();
    channel.missKeepAlive("e0000");
    assertThat(channel.isConnected("e0000")).isFalse();
  }

  @Test
  void callsFailAtOnceOnlyWhenTheNewConnectionIsRefusedToo() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    miss(channel, 5);
    channel.pass(1_000);
    channel.fail("e0000#2");
    PickResult result = channel.pick(channel.attempt());
    assertThat(result.getStatus().getDescription())
        .isEqualTo(
            "the only endpoint of names cannot take calls; 1 failing, e.g. e0000 (10.0.0.1:1):"
                + " refused");
  }

  @Test
  void connectionThatAnsweredACallIsReplacedAtOnce() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    for (int i = 1; i <= 20; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.tracer().inboundTrailers(new Metadata());
      call.end(Status.OK);
      int before = channel.connectsRequested("e0000");
      channel.lose("e0000");
      assertThat(channel.connectsRequested("e0000")).isEqualTo(before + 1);
      channel.connect("e0000");
    }
  }

  @Test
  void endpointIsNotEjectedForCallsThatWaitedForItsConnection() {
    VirtualChannel channel =
        new VirtualChannel(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .withoutHealth()
                .build(),
            42);
    channel.list(VirtualChannel.endpoints(2));
    LoadBalancingContext[] early = new LoadBalancingContext[20];
    for (int i = 0; i < early.length; i++) {
      early[i] = channel.attempt();
      assertThat(channel.pick(early[i]).hasResult()).isFalse();
    }
    channel.connectAll();
    for (LoadBalancingContext context : early) {
      channel.call(context, Status.DEADLINE_EXCEEDED);
    }
    assertThat(channel.spread(20)).as("both are in use").hasSize(2);
  }

  @Test
  void cancelledStreamWithHeadersOfLongAgoDoesNotBringTheDeadConnectionBack() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    VirtualChannel.Call old = channel.start(channel.attempt());
    old.tracer().inboundHeaders();
    channel.pass(60_000);
    miss(channel, 5);
    channel.pass(1_000);
    old.end(Status.CANCELLED);
    assertThat(channel.links()).as("the successor is still being made").isEqualTo(2);
    assertThat(channel.pick(channel.attempt()).hasResult()).as("calls wait").isFalse();
  }

  @Test
  void cancelledStreamDoesNotHideThatCallsTimeOut() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    for (int i = 0; i < 5; i++) {
      VirtualChannel.Call stream = channel.start(channel.attempt());
      stream.tracer().inboundHeaders();
      miss(channel, 1);
      stream.end(Status.CANCELLED);
    }
    assertThat(channel.pings).isEqualTo(1);
  }

  @Test
  void endpointThatLeftTheListIsKeptWhileItsPingIsUnderWay() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    channel.repliesToPings = false;
    VirtualChannel.Call open = channel.start(channel.attempt());
    Endpoint[] two = VirtualChannel.endpoints(2);
    channel.list(two[1]);
    channel.fail("e0001");
    miss(channel, 5);
    assertThat(channel.isConnected("e0000")).isTrue();
    assertThat(channel.pick(channel.attempt()).hasResult()).as("calls wait").isFalse();

    open.tracer().inboundTrailers(new Metadata());
    open.end(Status.OK);
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
    channel.connect("e0001");
    assertThat(channel.isConnected("e0000")).as("replaced").isFalse();
  }

  @Test
  void callsAreToldOfAServerThatClosesEachNewConnection() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    for (int i = 0; i < 8; i++) {
      channel.connect("e0000");
      channel.lose("e0000");
    }
    PickResult result = channel.pick(channel.attempt());
    assertThat(result.getStatus().getDescription())
        .startsWith("the only endpoint of names cannot take calls; 1 failing, e.g. e0000")
        .contains("it closes connections as soon as they stand; the next attempt is made after 1");

    channel.pass(36_000);
    channel.connect("e0000");
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  /** Its GOAWAY may come before the end of the call. */
  @Test
  void aServerThatGoesWithinItsFirstCallFailsNoOther() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(1));
    VirtualChannel.Call first = channel.start(channel.attempt());
    channel.lose("e0000");
    assertThat(channel.pick(channel.attempt()).hasResult()).as("calls wait").isFalse();
    first.end(Status.OK);
    int before = channel.connectsRequested("e0000");
    channel.pass(121);
    assertThat(channel.connectsRequested("e0000")).isEqualTo(before + 1);
    channel.connect("e0000");
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  private static VirtualChannel withTwoConnections() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .connections(1, 2, 2),
            VirtualChannel.endpoints(1));
    VirtualChannel.Call first = channel.start(channel.attempt());
    VirtualChannel.Call second = channel.start(channel.attempt());
    assertThat(channel.links()).isEqualTo(2);
    first.end(Status.OK);
    second.end(Status.OK);
    return channel;
  }

  @Test
  void failureOfAFurtherConnectionDoesNotMakeLaterCallsFail() {
    VirtualChannel channel = withTwoConnections();
    channel.fail("e0000#2");
    channel.repliesToPings = false;
    miss(channel, 5);
    assertThat(channel.pick(channel.attempt()).hasResult()).as("calls wait").isFalse();
  }

  @Test
  void connectionThatIsUpIsNotTheSurplusOne() {
    VirtualChannel channel = withTwoConnections();
    channel.connect("e0000#2");
    channel.fail("e0000");
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
    channel.pass(60_000);
    assertThat(channel.links()).isEqualTo(1);
    assertThat(channel.isConnected("e0000#2")).isTrue();
    assertThat(channel.call(channel.attempt())).isEqualTo("e0000");
  }

  private static StreamTracer startAt(String endpoint, VirtualChannel channel) {
    StreamTracer tracer = new StreamTracer(() -> 0, 0);
    channel.start(channel.attempt(PickRequest.ANY.withEndpoint(endpoint)).tracer(tracer));
    return tracer;
  }

  private static void cannotBeRead(StreamTracer tracer) {
    assertThat(tracer.resultFor(Status.INTERNAL, new Metadata()).status().isOk()).isFalse();
  }

  @Test
  void endpointWhoseResponsesCannotBeReadIsEjectedThoughItsCallsOverlap() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(3));
    List<StreamTracer> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(startAt("e0000", channel));
    }
    calls.forEach(call -> call.streamClosed(Status.OK));
    calls.forEach(OutagesTest::cannotBeRead);
    assertThat(channel.spread(20)).as("one is ejected").hasSize(2);
  }

  @Test
  void responseThatCannotBeReadDoesNotUndoTheSuccessAfterIt() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(3));
    StreamTracer first = startAt("e0000", channel);
    StreamTracer second = startAt("e0000", channel);
    first.streamClosed(Status.OK);
    second.streamClosed(Status.OK);
    cannotBeRead(first);
    for (int i = 0; i < 4; i++) {
      channel.call(channel.attempt(PickRequest.ANY.withEndpoint("e0000")), Status.UNAVAILABLE);
    }
    assertThat(channel.spread(20)).as("four in a row failed").hasSize(3);
  }

  /** An attempt whose own limit has passed: that begins when a connection takes the attempt. */
  private static final class Limited extends StreamTracer {
    Limited() {
      super(() -> 0, 0);
    }

    @Override
    protected Status passedOwnLimit(Status received) {
      return Status.DEADLINE_EXCEEDED;
    }
  }

  @Test
  void attemptThatWaitedAndThenPassedItsOwnLimitCountsAgainstTheEndpoint() {
    VirtualChannel channel =
        new VirtualChannel(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .withoutHealth()
                .build(),
            42);
    channel.list(VirtualChannel.endpoints(3));
    List<Limited> limited = new ArrayList<>();
    List<LoadBalancingContext> early = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Limited tracer = new Limited();
      limited.add(tracer);
      early.add(channel.attempt(PickRequest.ANY.withEndpoint("e0000")).tracer(tracer));
      assertThat(channel.pick(early.get(i)).hasResult()).isFalse();
    }
    channel.connectAll();
    early.forEach(channel::start);
    limited.forEach(tracer -> tracer.streamClosed(Status.CANCELLED));
    assertThat(channel.spread(20)).as("one is ejected").hasSize(2);
  }
}
