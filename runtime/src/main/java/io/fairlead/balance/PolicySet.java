package io.fairlead.balance;

import java.util.HashMap;
import java.util.Map;

/** The balancers of one channel: one for each spec that calls ask for, in each group. */
final class PolicySet {
  private final Map<Key, Balancer> balancers = new HashMap<>();

  private record Key(BalancerSpec spec, String group) {}

  /** Makes the picker of a spec over these candidates. */
  synchronized Balancer.Picker picker(
      BalancerSpec spec, String group, Balancer.Candidates candidates) {
    return balancers
        .computeIfAbsent(new Key(spec, group), key -> Balancers.create(spec))
        .picker(candidates);
  }

  /** Whether some balancer in use wants a new picker about every second. */
  synchronized boolean refreshes() {
    return balancers.values().stream().anyMatch(Balancer::refreshes);
  }
}
