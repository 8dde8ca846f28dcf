package io.fairlead.bench.balance;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.FairleadLoadBalancerProvider;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.xds.RequestHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A balancer of ours and the one of grpc-java that does the same, over the same endpoints.
 *
 * @param ours its name here
 * @param theirs its name there
 */
record Contest(String ours, String theirs) {
  static final int ENDPOINTS = 1_000;

  static final List<Contest> ALL =
      List.of(
          new Contest("round_robin", "round_robin"),
          new Contest("weighted_round_robin", "weighted_round_robin"),
          new Contest("consistent_hash", "ring_hash_experimental"),
          new Contest("least_request", "least_request_experimental"));

  static Contest of(String ours) {
    return ALL.stream().filter(c -> c.ours().equals(ours)).findFirst().orElseThrow();
  }

  /** A client whose connections all stand. */
  VirtualClient start(boolean fairlead, ManualClock clock) {
    VirtualClient client =
        fairlead
            ? new VirtualClient(
                new FairleadLoadBalancerProvider(),
                BalancingOptions.builder().balancer(BalancerSpec.of(ours)).withoutHealth().build(),
                clock.scheduler(),
                id -> true)
            : stock(clock);
    client.list(endpoints(ENDPOINTS));
    clock.advance(Duration.ofMillis(10));
    // Some connect only what is picked.
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 100 * ENDPOINTS; i++) {
      PickArgs call = call(random.nextLong());
      if (client.picker().pickSubchannel(call).getSubchannel() == null) {
        client.settle();
      }
    }
    clock.advance(Duration.ofMillis(10));
    return client;
  }

  /**
   * A call with a key, as both sides ask for it. It is the same call for both, since what a call
   * brings along takes up room in the caches. Our attempt is the first of the options: a call
   * without settings of its own has no other. Only ring_hash looks for the second.
   */
  static PickArgs call(long key) {
    LoadBalancingContext context =
        LoadBalancingContext.first(PickRequest.of(null, EndpointFilter.ALLOW_ALL).withKey(key));
    CallOptions options = CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context);
    return new PickArgs(RequestHash.of(options, key));
  }

  private VirtualClient stock(ManualClock clock) {
    LoadBalancerProvider provider = LoadBalancerRegistry.getDefaultRegistry().getProvider(theirs);
    if (provider == null) {
      throw new IllegalStateException("grpc-java has no balancer named " + theirs);
    }
    return new VirtualClient(
        provider,
        provider.parseLoadBalancingPolicyConfig(Map.of()).getConfig(),
        clock.scheduler(),
        id -> true);
  }

  static List<Endpoint> endpoints(int count) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      endpoints.add(VirtualClient.endpoint(i));
    }
    return endpoints;
  }
}
