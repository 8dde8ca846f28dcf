package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointSelectorHeader;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every policy by its distribution and under endpoints that come and go, in virtual time. */
class BalancersTest {
  private static final int CALLS = 20_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "round_robin", "randomized_round_robin", "weighted_round_robin", "random",
            "weighted_random",
        "least_request", "least_connections", "peak_ewma", "consistent_hash", "maglev"
      })
  void equalEndpointsGetEqualShares(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(10));
    Map<String, Integer> counts = channel.spread(CALLS);
    assertThat(counts).hasSize(10);
    // Five standard deviations of a fair draw; the two that hash are as uneven as their tables.
    double slack = policy.equals("consistent_hash") ? 0.35 * 2000 : 5 * Math.sqrt(2000 * 0.9);
    assertThat(counts.values())
        .allSatisfy(n -> assertThat(n.doubleValue()).isCloseTo(2000, within(slack)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weighted_round_robin",
        "weighted_random",
        "least_request",
        "consistent_hash",
        "maglev"
      })
  void weightsDecideShares(String policy) {
    Endpoint[] four = VirtualChannel.endpoints(4);
    four[0] = four[0].withWeight(300);
    four[3] = four[3].withWeight(0);
    Map<String, Integer> counts = VirtualChannel.of(policy, four).spread(CALLS);
    assertThat(counts).hasSize(3);
    double slack = policy.equals("consistent_hash") ? 0.1 * CALLS : 0.02 * CALLS;
    assertThat((double) counts.getOrDefault("e0000", 0)).isCloseTo(0.6 * CALLS, within(slack));
    assertThat((double) counts.getOrDefault("e0001", 0)).isCloseTo(0.2 * CALLS, within(slack));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pick_first", "round_robin", "randomized_round_robin", "weighted_round_robin", "random",
        "weighted_random", "least_request", "least_connections", "peak_ewma", "consistent_hash",
        "maglev", "sticky"
      })
  void everyBalancerCopesWithEndpointChanges(String policy) {
    Endpoint[] five = VirtualChannel.endpoints(5);
    VirtualChannel channel = VirtualChannel.of(policy, five[0]);
    assertThat(channel.call(channel.attempt(PickRequest.ANY.withKey("k")))).isEqualTo("e0000");

    channel.list(five);
    channel.connectAll();
    Set<String> tried = new HashSet<>();
    LoadBalancingContext context = channel.attempt(PickRequest.ANY.withKey("k"));
    for (int i = 0; i < 5; i++) {
      tried.add(channel.call(context, Status.UNAVAILABLE));
      assertThat(context.reason()).startsWith(policy);
      context = context.next();
    }
    assertThat(tried).as("each attempt goes elsewhere").hasSize(5);
    channel.call(context);
    assertThat(context.reason()).contains("tried before");

    for (int i = 0; i < 4; i++) {
      channel.fail("e000" + i);
      channel.connect("e000" + i);
      channel.fail("e000" + i);
    }
    assertThat(channel.spread(50)).containsOnlyKeys("e0004");
    channel.fail("e0004");
    assertThat(channel.state()).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
    LoadBalancingContext refused = channel.attempt();
    assertThat(channel.pick(refused).getStatus().getDescription())
        .isEqualTo(refused.reason())
        .contains("none of the 5 endpoints of names can take calls", "refused");
    channel.connect("e0002");
    assertThat(channel.spread(10)).containsOnlyKeys("e0002");
    channel.shutdown();
    assertThat(channel.hasTimers()).isFalse();
    assertThat(channel.links()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"least_request", "least_connections", "peak_ewma", "round_robin"})
  void fastFailuresAttractNoTraffic(String policy) {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of(policy))
                .outlierDetection(OutlierDetectionPolicy.OFF),
            VirtualChannel.endpoints(10));
    List<VirtualChannel.Call> open = new ArrayList<>();
    int failing = 0;
    for (int i = 0; i < CALLS; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      if (call.id().equals("e0003")) {
        failing++;
        call.end(Status.UNAVAILABLE);
      } else {
        open.add(call);
      }
      if (open.size() == 40) {
        channel.pass(1);
        open.remove(0).end(Status.OK);
      }
    }
    assertThat(failing).isLessThanOrEqualTo(CALLS / 10 + 5);
  }

  @Test
  void hotKeyOverflowAvoidsFailingEndpoints() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(new BalancerSpec("consistent_hash", Map.of("load_factor", 1.25)))
                .outlierDetection(OutlierDetectionPolicy.OFF),
            VirtualChannel.endpoints(10));
    List<VirtualChannel.Call> open = new ArrayList<>();
    int failing = 0;
    for (int i = 0; i < CALLS; i++) {
      VirtualChannel.Call call =
          channel.start(channel.attempt(PickRequest.ANY.withKey("key-" + i)));
      if (call.id().equals("e0003")) {
        failing++;
        call.end(Status.UNAVAILABLE);
      } else {
        open.add(call);
      }
      if (open.size() == 40) {
        open.remove(0).end(Status.OK);
      }
    }
    assertThat(failing).as("its own keys, no others'").isLessThan(CALLS / 10 * 13 / 10);
  }

  @Test
  void warmingEndpointHasALowerLoadBound() {
    Endpoint[] four = VirtualChannel.endpoints(4);
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("least_connections"))
                .slowStart(Duration.ofSeconds(20)),
            Arrays.copyOf(four, 3));
    channel.list(four);
    channel.connectAll();
    Map<String, Integer> open = new HashMap<>();
    for (int i = 0; i < 31; i++) {
      open.merge(channel.start(channel.attempt()).id(), 1, Integer::sum);
    }
    assertThat(open.getOrDefault("e0003", 0)).isLessThanOrEqualTo(2);
  }

  @Test
  void leastRequestAvoidsTheBusyEndpoint() {
    VirtualChannel channel = VirtualChannel.of("least_connections", VirtualChannel.endpoints(4));
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      ids.add(channel.start(channel.attempt()).id());
    }
    assertThat(ids).hasSize(4);
  }

  @Test
  void peakEwmaPrefersFastEndpoints() {
    VirtualChannel channel = VirtualChannel.of("peak_ewma", VirtualChannel.endpoints(2));
    int fast = 0;
    for (int i = 0; i < 1000; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      channel.pass(call.id().equals("e0000") ? 1 : 50);
      fast += call.id().equals("e0000") ? 1 : 0;
      call.end(Status.OK);
    }
    assertThat(fast).isGreaterThan(950);
  }

  @ParameterizedTest
  @ValueSource(strings = {"consistent_hash", "maglev"})
  void fewKeysMoveWhenAnEndpointLeaves(String policy) {
    Endpoint[] all = VirtualChannel.endpoints(20);
    Endpoint[] fewer = Arrays.copyOf(all, 19);
    VirtualChannel channel = VirtualChannel.of(policy, all);
    List<String> before = owners(channel, 10_000);
    channel.fail("e0007");
    List<String> oneAway = owners(channel, 10_000);
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).equals("e0007")) {
        assertThat(oneAway.get(i)).isEqualTo(before.get(i));
      }
    }
    channel.connect("e0007");
    assertThat(owners(channel, 10_000)).isEqualTo(before);

    channel.list(fewer);
    List<String> after = owners(channel, 10_000);
    int moved = 0;
    for (int i = 0; i < before.size(); i++) {
      moved += before.get(i).equals(after.get(i)) ? 0 : 1;
    }
    assertThat(moved / 10_000.0).isLessThanOrEqualTo(1 / 20.0 + 0.02);
  }

  @Test
  void boundedLoadSpreadsAHotKey() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(new BalancerSpec("consistent_hash", Map.of("load_factor", 1.25))),
            VirtualChannel.endpoints(10));
    Map<String, Integer> open = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      open.merge(
          channel.start(channel.attempt(PickRequest.ANY.withKey("hot"))).id(), 1, Integer::sum);
    }
    assertThat(open.values()).allSatisfy(n -> assertThat(n).isLessThanOrEqualTo(13));
  }

  @Test
  void aHeaderCanBeTheKey() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder().balancer(BalancerSpec.of("maglev")).keyHeader("x-session"),
            VirtualChannel.endpoints(10));
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x-session", Metadata.ASCII_STRING_MARSHALLER), "42");
    LoadBalancingContext byHeader = channel.attempt();
    channel.pick(byHeader, headers);
    LoadBalancingContext byField = channel.attempt(PickRequest.ANY.withKey(42L));
    channel.pick(byField);
    assertThat(byHeader.endpoint()).isNotNull().isSameAs(byField.endpoint());
  }

  @Test
  void stickyChannelKeepsItsEndpointUntilItLeaves() {
    VirtualChannel channel = VirtualChannel.of("sticky", VirtualChannel.endpoints(5));
    Map<String, Integer> counts = channel.spread(100);
    assertThat(counts).hasSize(1);
    String first = counts.keySet().iterator().next();
    channel.fail(first);
    String second = channel.spread(100).keySet().iterator().next();
    assertThat(second).isNotEqualTo(first);
    channel.connect(first);
    assertThat(channel.spread(100)).containsOnlyKeys(second);
  }

  @Test
  void callsStayInTheZoneWhileItHasCapacity() {
    Endpoint[] ten = VirtualChannel.endpoints(10);
    for (int i = 0; i < 10; i++) {
      ten[i] = inZone(ten[i], i < 5 ? "a" : "b");
    }
    VirtualChannel channel = VirtualChannel.with(BalancingOptions.builder().zone("a"), ten);
    assertThat(channel.spread(1000).keySet()).allMatch(id -> id.compareTo("e0005") < 0);
    channel.fail("e0000");
    channel.fail("e0001");
    channel.fail("e0002");
    Map<String, Integer> counts = channel.spread(CALLS);
    int local = counts.getOrDefault("e0003", 0) + counts.getOrDefault("e0004", 0);
    assertThat((double) local / CALLS).isCloseTo(1.4 * 2 / 5, within(0.02));
    channel.fail("e0003");
    channel.fail("e0004");
    assertThat(channel.spread(1000).keySet()).allMatch(id -> id.compareTo("e0005") >= 0);
  }

  @Test
  void aSubsetIsStableAndSpread() {
    Endpoint[] hundred = VirtualChannel.endpoints(100);
    VirtualChannel channel =
        VirtualChannel.with(BalancingOptions.builder().subset(10, "client-1"), hundred);
    assertThat(channel.links()).isEqualTo(10);
    Set<String> before = channel.spread(2000).keySet();
    channel.list(Arrays.copyOf(hundred, 95));
    channel.connectAll();
    Set<String> kept = new HashSet<>(channel.spread(2000).keySet());
    assertThat(kept).hasSize(10);
    kept.retainAll(before);
    assertThat(kept).hasSizeGreaterThanOrEqualTo(8);
  }

  @Test
  void endpointSelectorPicksTaggedEndpoints() {
    Endpoint[] four = VirtualChannel.endpoints(4);
    four[3] = four[3].toBuilder("canary").version("2").build();
    VirtualChannel channel = VirtualChannel.of("round_robin", four);
    for (int i = 0; i < 20; i++) {
      assertThat(
              channel.call(
                  channel.attempt(
                      PickRequest.ANY.withEndpointSelector(EndpointSelector.version("2")))))
          .isEqualTo("canary");
    }
    LoadBalancingContext missing =
        channel.attempt(PickRequest.ANY.withEndpointSelector(EndpointSelector.version("3")));
    channel.call(missing);
    assertThat(missing.reason()).endsWith("none matches the selector");
    LoadBalancingContext strict =
        channel.attempt(
            PickRequest.ANY.withEndpointSelector(new EndpointSelector("version", "3", true)));
    assertThat(channel.pick(strict).getStatus().getDescription())
        .isEqualTo("no endpoint with version=3 (strict) is in the list of 4 endpoints of names");
    LoadBalancingContext given = channel.attempt(PickRequest.ANY.withEndpoint("e0001"));
    assertThat(channel.call(given)).isEqualTo("e0001");
    assertThat(
            channel
                .pick(channel.attempt(PickRequest.ANY.withEndpoint("gone")))
                .getStatus()
                .getDescription())
        .contains("endpoint gone, asked for by name, is not in the list");
  }

  @Test
  void aNewEndpointStartsSlowly() {
    Endpoint[] ten = VirtualChannel.endpoints(10);
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .slowStart(Duration.ofSeconds(20)),
            Arrays.copyOf(ten, 9));
    channel.list(ten);
    channel.connectAll();
    assertThat(channel.spread(CALLS).get("e0009")).isBetween(120, 320);
    channel.pass(10_000);
    assertThat(channel.spread(CALLS).get("e0009")).isBetween(900, 1300);
    channel.pass(11_000);
    assertThat(channel.spread(CALLS).get("e0009")).isEqualTo(2000);
  }

  @Test
  void consecutiveFailuresEjectUntilTheEjectionTimeEnds() {
    VirtualChannel channel = VirtualChannel.of("round_robin", VirtualChannel.endpoints(10));
    failOn(channel, 200, "e0003");
    assertThat(channel.spread(100)).hasSize(9).doesNotContainKey("e0003");
    failOn(channel, 400, "e0004");
    assertThat(channel.spread(100)).as("a tenth at most").containsKey("e0004");
    channel.pass(29_000);
    assertThat(channel.spread(100)).doesNotContainKey("e0003");
    channel.pass(3_000);
    assertThat(channel.spread(100)).hasSize(10);
  }

  @Test
  void ejectionIsIgnoredBelowThePanicThreshold() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("round_robin"))
                .outlierDetection(OutlierDetectionPolicy.builder().maxPercent(100).build()),
            VirtualChannel.endpoints(4));
    failOn(channel, 100, "e0000");
    failOn(channel, 100, "e0001");
    assertThat(channel.spread(40)).hasSize(2);
    failOn(channel, 100, "e0002");
    assertThat(channel.spread(40)).hasSize(4);
  }

  @Test
  void consecutiveTimeoutsReplaceTheConnection() {
    VirtualChannel channel = VirtualChannel.of("pick_first", VirtualChannel.endpoints(2));
    for (int i = 0; i < 5; i++) {
      assertThat(channel.call(channel.attempt(), Status.DEADLINE_EXCEEDED)).isEqualTo("e0000");
    }
    assertThat(channel.spread(10)).containsOnlyKeys("e0001");
    channel.connect("e0000");
    channel.pass(31_000);
    assertThat(channel.spread(10)).containsOnlyKeys("e0000");
  }

  @Test
  void connectionsGrowWithLoadAndShrinkWhenIdle() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder().connections(1, 3, 10), VirtualChannel.endpoints(1));
    int before = channel.created;
    List<VirtualChannel.Call> open = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      open.add(channel.start(channel.attempt()));
      channel.connectAll();
    }
    assertThat(channel.created - before).isEqualTo(2);
    open.forEach(call -> call.end(Status.OK));
    channel.pass(120_000);
    assertThat(channel.closed).isEqualTo(2);
    assertThat(channel.spread(5)).containsOnlyKeys("e0000");
  }

  @Test
  void unchangedListPublishesNoPicker() {
    Endpoint[] three = VirtualChannel.endpoints(3);
    VirtualChannel channel = VirtualChannel.of("round_robin", three);
    int before = channel.pickersPublished;
    channel.list(three);
    channel.pass(60_000);
    assertThat(channel.pickersPublished).isEqualTo(before);
    three[1] = three[1].asDraining();
    channel.list(three);
    assertThat(channel.pickersPublished).isEqualTo(before + 1);
    assertThat(channel.spread(10)).doesNotContainKey("e0001");
    assertThat(channel.isConnected("e0001")).as("calls there may end").isTrue();
  }

  @Test
  void newOptionsApplyWithoutAListChange() {
    Endpoint[] three = VirtualChannel.endpoints(3);
    VirtualChannel channel = VirtualChannel.of("pick_first", three);
    assertThat(channel.spread(30)).hasSize(1);
    channel.reconfigure(BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")));
    channel.list(three);
    assertThat(channel.spread(30).values()).containsExactly(10, 10, 10);
    int before = channel.pickersPublished;
    channel.list(three);
    assertThat(channel.pickersPublished).isEqualTo(before);
  }

  @Test
  void theOldListServesUntilTheNewOneIsConnected() {
    Endpoint[] eight = VirtualChannel.endpoints(8);
    VirtualChannel channel = VirtualChannel.of("round_robin", Arrays.copyOf(eight, 4));
    channel.list(Arrays.copyOfRange(eight, 4, 8));
    assertThat(channel.spread(40)).containsOnlyKeys("e0000", "e0001", "e0002", "e0003");
    channel.connect("e0004");
    assertThat(channel.isConnected("e0000")).isTrue();
    channel.connect("e0005");
    assertThat(channel.spread(40)).containsOnlyKeys("e0004", "e0005");
    assertThat(channel.isConnected("e0000")).isFalse();
  }

  @Test
  void invalidParametersAreNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BalancerCatalog.check(BalancerSpec.of("roundrobin")))
        .withMessageContaining("\"roundrobin\"")
        .withMessageContaining("least_request, maglev");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> BalancerCatalog.check(new BalancerSpec("least_request", Map.of("choices", 1))))
        .withMessage("least_request.choices 1 is out of range; use 2 to 10");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BalancerCatalog.check(new BalancerSpec("maglev", Map.of("size", 7))))
        .withMessage("maglev has no parameter size; it knows none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BalancingOptionsReader.read(Map.of("panic_threshold", "half")))
        .withMessage("fairlead.panic_threshold is half; use a number");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BalancingOptionsReader.read(Map.of("subset", -1)))
        .withMessage("fairlead.subset -1 is out of range; use 0 to 1000000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BalancingOptions.builder().subset(-1).build())
        .withMessage("fairlead.subset -1 is out of range; use 0 to 1000000");
  }

  @Test
  void serviceConfigsHaveTheSameOptions() {
    BalancingOptions options =
        BalancingOptions.builder()
            .balancer(new BalancerSpec("least_request", Map.of("choices", 3.0)))
            .zone("a")
            .subset(7, "me")
            .slowStart(Duration.ofMillis(1500))
            .outlierDetection(OutlierDetectionPolicy.OFF.toBuilder().latencyFactor(2.5).build())
            .panicThreshold(0.25)
            .health("shop")
            .connections(1, 4, 50)
            .loadReports(Duration.ofSeconds(10))
            .maxConsecutiveTimeouts(0)
            .keyHeader("x-session")
            .endpointSelectorHeader(
                EndpointSelectorHeader.builder("x-ring").tag("ring").strict(true).build())
            .build();
    Map<String, Object> config = new HashMap<>();
    config.put("balancer", Map.of("least_request", Map.of("choices", 3.0)));
    config.put("zone", "a");
    config.put("subset", 7.0);
    config.put("client_id", "me");
    config.put("slow_start", Map.of("window", "1.5s"));
    config.put(
        "outlier_detection",
        Map.of("consecutive_failures", 0, "stdev_factor", 0, "latency_factor", 2.5));
    config.put("panic_threshold", 0.25);
    config.put("health_service", "shop");
    config.put("connections", Map.of("max", 4.0, "max_streams", 50.0));
    config.put("load_report_interval", "10s");
    config.put("max_consecutive_timeouts", 0.0);
    config.put("key_header", "x-session");
    config.put(
        "endpoint_selector_header", Map.of("header", "x-ring", "tag", "ring", "strict", true));
    assertThat(BalancingOptionsReader.read(config)).isEqualTo(options);
    assertThat(options.toBuilder().build()).isEqualTo(options).hasSameHashCodeAs(options);
    assertThat(BalancingOptionsReader.read(Map.of())).isEqualTo(BalancingOptions.DEFAULT);
  }

  private static void failOn(VirtualChannel channel, int calls, String failing) {
    for (int i = 0; i < calls; i++) {
      VirtualChannel.Call call = channel.start(channel.attempt());
      call.end(call.id().equals(failing) ? Status.UNAVAILABLE : Status.OK);
    }
  }

  private static List<String> owners(VirtualChannel channel, int keys) {
    List<String> owners = new ArrayList<>();
    for (int i = 0; i < keys; i++) {
      owners.add(channel.call(channel.attempt(PickRequest.ANY.withKey("key-" + i))));
    }
    return owners;
  }

  private static Endpoint inZone(Endpoint e, String zone) {
    return e.toBuilder().zone(zone).build();
  }
}
