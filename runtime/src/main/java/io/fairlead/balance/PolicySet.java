package io.fairlead.balance;

import java.util.HashMap;
import java.util.Map;

/** The balancers of one channel, one for each spec that a call has asked for. */
final class PolicySet {
  private final Map<BalancerSpec, Balancer> balancers = new HashMap<>();

  /** Makes the picker of a spec over these candidates. */
  synchronized Balancer.Picker picker(BalancerSpec spec, Balancer.Candidates candidates) {
    Balancer balancer = balancers.get(spec);
    if (balancer == null) {
      balancer = Balancers.create(spec);
      balancers.put(spec, balancer);
    }
    return balancer.picker(candidates);
  }
}
