package io.fairlead.bench.balance;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.ClockAndRandom;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.FairleadLoadBalancerProvider;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.discovery.Endpoint;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How many keys move when one of N endpoints leaves.
 *
 * @param moved the largest share of keys that changed their endpoint, over several leavers
 * @param whileAway the same when the endpoint is only disconnected: nothing but its own keys
 */
record Disruption(Subject subject, int size, double moved, double whileAway) {
  private static final int KEYS = 20_000;
  private static final int LEAVERS = 5;

  /** What no one may exceed. */
  double bound() {
    return 1.0 / size + 0.02;
  }

  static Disruption measure(Subject subject, int size) {
    ManualClock clock = ManualClock.create();
    VirtualClient client =
        new VirtualClient(
            new FairleadLoadBalancerProvider(
                new ClockAndRandom(clock::nanoTime, clock::millis, () -> 42)),
            subject.options(Scenario.EQUAL),
            clock.scheduler(),
            id -> true);
    List<Endpoint> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      all.add(VirtualClient.endpoint(i));
    }
    client.list(all);
    clock.advance(Duration.ofMillis(10));
    List<String> before = owners(client);
    double moved = 0;
    double away = 0;
    for (int i = 0; i < LEAVERS; i++) {
      Endpoint leaver = all.get(i * size / LEAVERS);
      client.cut(leaver.id());
      away = Math.max(away, share(before, owners(client)));
      clock.advance(Duration.ofMillis(10));
      List<Endpoint> others = new ArrayList<>(all);
      others.remove(leaver);
      client.list(others);
      moved = Math.max(moved, share(before, owners(client)));
      client.list(all);
      clock.advance(Duration.ofMillis(10));
    }
    client.shutdown();
    return new Disruption(subject, size, moved, away);
  }

  private static List<String> owners(VirtualClient client) {
    List<String> owners = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      LoadBalancingContext context =
          LoadBalancingContext.first(
              PickRequest.of(null, EndpointFilter.ALLOW_ALL).withKey("key-" + key));
      var unused =
          client
              .picker()
              .pickSubchannel(
                  new PickArgs(CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context)));
      EndpointView chosen = Objects.requireNonNull(context.endpoint(), context.reason());
      owners.add(chosen.id());
    }
    return owners;
  }

  private static double share(List<String> before, List<String> after) {
    int moved = 0;
    for (int i = 0; i < before.size(); i++) {
      moved += before.get(i).equals(after.get(i)) ? 0 : 1;
    }
    return (double) moved / before.size();
  }
}
