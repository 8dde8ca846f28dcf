package io.fairlead.balance;

import java.util.HashMap;
import java.util.Map;

/** The balancers of one channel: one for each spec that calls ask for, in each group. */
final class PolicySet {
  private final Map<Key, Balancer> balancers = new HashMap<>();

  private final Shared shared;

  PolicySet(Shared shared) {
    this.shared = shared;
  }

  private record Key(BalancerSpec spec, String group) {}

  /** Makes the picker of a spec over these candidates. */
  synchronized Balancer.Picker picker(
      BalancerSpec spec, String group, Balancer.Candidates candidates) {
    return balancers.computeIfAbsent(new Key(spec, group), key -> create(spec)).picker(candidates);
  }

  private Balancer create(BalancerSpec spec) {
    return Balancers.isOurs(spec.name()) ? Balancers.create(spec) : new StockBalancer(spec, shared);
  }

  synchronized void shutdown() {
    for (Balancer balancer : balancers.values()) {
      if (balancer instanceof StockBalancer stock) {
        stock.shutdown();
      }
    }
  }

  /** Whether some balancer in use wants a new picker about every second. */
  synchronized boolean refreshes() {
    return balancers.values().stream().anyMatch(Balancer::refreshes);
  }
}
