package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.fairlead.balance.Balancers;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for each policy alike, while endpoints come, go, flap, fail and are none. */
class EveryBalancerTest {
  private static final Set<String> ONE_AT_A_TIME = Set.of("pick_first", "sticky");

  static List<String> policies() {
    return Balancers.BUILT_IN;
  }

  @ParameterizedTest
  @MethodSource("policies")
  void callsWaitWithoutAListAndFailWithAnEmptyOne(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy);
    LoadBalancingContext context = channel.attempt();
    PickResult empty = channel.pick(context);
    assertThat(empty.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(context.reason()).isEqualTo("the list of endpoints is empty");
    assertThat(channel.state()).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);

    channel.list(VirtualChannel.endpoints(3));
    PickResult waiting = channel.pick(context);
    assertThat(waiting.getStatus().isOk()).isTrue();
    assertThat(waiting.getSubchannel()).isNull();
    assertThat(context.reason()).contains("none of the 3 endpoints of names is connected yet");
    channel.connect("e0001");
    assertThat(channel.spread(20)).containsOnlyKeys("e0001");

    channel.list();
    assertThat(channel.pick(context).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(channel.links()).isZero();
  }

  @ParameterizedTest
  @MethodSource("policies")
  void singleEndpointGetsEveryCallEvenRetries(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(1));
    LoadBalancingContext context = channel.attempt(PickRequest.ANY.withKey("k"));
    for (int i = 0; i < 5; i++) {
      assertThat(channel.call(context, Status.UNAVAILABLE)).isEqualTo("e0000");
      context = context.next();
    }
    channel.call(context);
    assertThat(context.reason()).startsWith(policy).contains("tried before in this call");
    channel.fail("e0000");
    assertThat(channel.pick(channel.attempt()).getStatus().getDescription())
        .contains("the only endpoint of names cannot take calls; 1 failing");
    channel.connect("e0000");
    assertThat(channel.spread(5)).containsOnlyKeys("e0000");
  }

  @ParameterizedTest
  @MethodSource("policies")
  void allEndpointsAreUsedWhenAllFail(String policy) {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of(policy))
                .outlierDetection(OutlierDetectionPolicy.builder().maxPercent(100).build()),
            VirtualChannel.endpoints(5));
    Set<String> used = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      used.add(channel.call(channel.attempt(PickRequest.ANY.withKey(i)), Status.UNAVAILABLE));
    }
    // Those that use one at a time try others until it is clear that it is not the endpoint.
    boolean oneAtATime = ONE_AT_A_TIME.contains(policy);
    assertThat(used).hasSizeGreaterThanOrEqualTo(oneAtATime ? 3 : 5);
    assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void joiningEndpointIsUsedAndLeavingOneIsNot(String policy) {
    Endpoint[] six = VirtualChannel.endpoints(6);
    VirtualChannel channel = VirtualChannel.of(policy, Arrays.copyOf(six, 5));
    Set<String> before = keyed(channel, 400);
    channel.list(six);
    assertThat(keyed(channel, 400)).as("not before it is connected").isEqualTo(before);
    channel.connect("e0005");
    if (!ONE_AT_A_TIME.contains(policy)) {
      assertThat(keyed(channel, 400)).hasSize(6);
    }

    String leaver = before.iterator().next();
    int key = 0;
    VirtualChannel.Call open = channel.start(channel.attempt(PickRequest.ANY.withKey(key)));
    while (!open.id().equals(leaver)) {
      open = channel.start(channel.attempt(PickRequest.ANY.withKey(++key)));
    }
    channel.list(Arrays.stream(six).filter(e -> !e.id().equals(leaver)).toArray(Endpoint[]::new));
    assertThat(keyed(channel, 400)).doesNotContain(leaver);
    open.end(Status.OK);
    assertThat(channel.links()).isEqualTo(5);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void randomEndpointChangesNeverMisrouteACall(String policy) {
    SplittableRandom random = new SplittableRandom(99);
    Endpoint[] all = VirtualChannel.endpoints(12);
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of(policy))
                .outlierDetection(OutlierDetectionPolicy.OFF),
            Arrays.copyOf(all, 6));
    Set<String> listed = new TreeSet<>(ids(Arrays.copyOf(all, 6)));
    Set<String> up = new HashSet<>(listed);
    List<VirtualChannel.Call> open = new ArrayList<>();
    for (int step = 0; step < 600; step++) {
      String id = all[random.nextInt(all.length)].id();
      switch (random.nextInt(6)) {
        case 0 -> {
          if (listed.contains(id)) {
            channel.fail(id);
            up.remove(id);
          }
        }
        case 1, 2 -> {
          if (listed.contains(id)) {
            channel.connect(id);
            up.add(id);
          }
        }
        case 3 -> {
          // Enough stay connected that nobody who left has to serve on.
          int upWithout = up.size() - (up.contains(id) ? 1 : 0);
          if (!listed.add(id) && listed.size() > 3 && upWithout * 2 >= listed.size() - 1) {
            listed.remove(id);
            up.remove(id);
          }
          channel.list(
              Arrays.stream(all).filter(e -> listed.contains(e.id())).toArray(Endpoint[]::new));
        }
        case 4 -> channel.pass(1 + random.nextInt(2_000));
        default -> {
          if (!open.isEmpty()) {
            open.remove(random.nextInt(open.size()))
                .end(random.nextInt(10) == 0 ? Status.UNAVAILABLE : Status.OK);
          }
        }
      }
      LoadBalancingContext context = channel.attempt(PickRequest.ANY.withKey(step));
      PickResult result = channel.pick(context);
      if (up.isEmpty()) {
        assertThat(result.getSubchannel()).isNull();
        assertThat(context.reason()).contains("of the " + listed.size() + " endpoints of names");
        continue;
      }
      assertThat(result.getSubchannel()).as(context.reason()).isNotNull();
      assertThat(up).contains(Objects.requireNonNull(context.endpoint()).id());
      assertThat(context.reason()).startsWith(policy);
      if (policy.equals("round_robin")) {
        assertThat(channel.spread(up.size()).keySet()).as("step " + step).isEqualTo(up);
      }
      if (open.size() < 30) {
        open.add(channel.start(channel.attempt(PickRequest.ANY.withKey(step))));
      }
    }
    open.forEach(call -> call.end(Status.OK));
    channel.shutdown();
    assertThat(channel.links()).isZero();
    assertThat(channel.hasTimers()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("policies")
  void attemptsAvoidTriedEndpointsAndOpenBreakers(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(9));
    for (int i = 0; i < 200; i++) {
      EndpointFilter notTheThird = view -> !view.id().equals("e0003");
      LoadBalancingContext context =
          LoadBalancingContext.first(PickRequest.of(null, notTheThird).withKey(i));
      Set<String> seen = new HashSet<>();
      for (int n = 0; n < 8; n++) {
        // As a hedge, which goes out while the ones before are still under way.
        seen.add(channel.start(context).id());
        context = context.next();
      }
      assertThat(seen).hasSize(8).doesNotContain("e0003");
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void zeroWeightAndDrainingEndpointsGetNoCalls(String policy) {
    Endpoint[] four = VirtualChannel.endpoints(4);
    four[0] = four[0].withWeight(0);
    four[1] = four[1].asDraining();
    VirtualChannel channel = VirtualChannel.of(policy, four);
    assertThat(keyed(channel, 300)).isSubsetOf("e0002", "e0003");
    four[2] = four[2].withWeight(0);
    four[3] = four[3].asDraining();
    channel.list(four);
    LoadBalancingContext context = channel.attempt();
    assertThat(channel.pick(context).getStatus().getDescription())
        .contains("4 draining or of weight 0");
  }

  @ParameterizedTest
  @MethodSource("policies")
  void pickReasonIsDeterministicForASeed(String policy) {
    List<String> first = reasons(policy);
    assertThat(first).isEqualTo(reasons(policy));
    assertThat(first).allMatch(reason -> reason.startsWith(policy) && !reason.contains("{"));
  }

  @Test
  void stickyChannelsSpreadByWeight() {
    Endpoint[] three = VirtualChannel.endpoints(3);
    three[0] = three[0].withWeight(200);
    BalancingOptions options =
        BalancingOptions.builder().balancer(BalancerSpec.of("sticky")).withoutHealth().build();
    Map<String, Integer> counts = new HashMap<>();
    int channels = 2_000;
    for (int seed = 0; seed < channels; seed++) {
      VirtualChannel channel = new VirtualChannel(options, seed);
      channel.list(three);
      channel.connectAll();
      counts.merge(channel.call(channel.attempt()), 1, Integer::sum);
    }
    // Five standard deviations.
    assertThat((double) counts.getOrDefault("e0000", 0))
        .isCloseTo(channels / 2.0, within(5 * Math.sqrt(channels / 4.0)));
    assertThat((double) counts.getOrDefault("e0001", 0))
        .isCloseTo(channels / 4.0, within(5 * Math.sqrt(channels * 3 / 16.0)));
  }

  @Test
  void randomizedRoundRobinDrawsAtItsConfiguredRate() {
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(new BalancerSpec("randomized_round_robin", Map.of("probability", 0.25))),
            VirtualChannel.endpoints(7));
    int calls = 10_000;
    int drawn = 0;
    for (int i = 0; i < calls; i++) {
      LoadBalancingContext context = channel.attempt();
      channel.call(context);
      drawn += context.reason().contains("drawn at random") ? 1 : 0;
    }
    assertThat((double) drawn).isCloseTo(calls * 0.25, within(5 * Math.sqrt(calls * 0.25 * 0.75)));
  }

  @Test
  void pickFirstTakesTheFirstReadyEndpoint() {
    VirtualChannel channel = VirtualChannel.of("pick_first", VirtualChannel.endpoints(4));
    assertThat(channel.spread(100)).containsOnlyKeys("e0000");
    channel.fail("e0000");
    channel.fail("e0001");
    assertThat(channel.spread(100)).containsOnlyKeys("e0002");
    channel.connect("e0001");
    assertThat(channel.spread(100)).containsOnlyKeys("e0001");
  }

  private static List<String> reasons(String policy) {
    VirtualChannel channel = VirtualChannel.of(policy, VirtualChannel.endpoints(8));
    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      LoadBalancingContext context = channel.attempt(PickRequest.ANY.withKey(i));
      channel.start(context);
      reasons.add(context.reason());
    }
    return reasons;
  }

  private static Set<String> keyed(VirtualChannel channel, int calls) {
    Set<String> used = new TreeSet<>();
    for (int i = 0; i < calls; i++) {
      used.add(channel.call(channel.attempt(PickRequest.ANY.withKey(i))));
    }
    return used;
  }

  private static List<String> ids(Endpoint[] endpoints) {
    return Arrays.stream(endpoints).map(Endpoint::id).toList();
  }
}
