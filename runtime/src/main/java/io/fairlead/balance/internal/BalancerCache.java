package io.fairlead.balance.internal;

import io.fairlead.balance.Balancer;
import io.fairlead.policy.BalancerSpec;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The balancers of one channel: one for each spec that calls ask for, in each group. */
final class BalancerCache {
  private final Map<Key, Balancer> balancers = new HashMap<>();

  private final BalancerContext balancerContext;

  BalancerCache(BalancerContext balancerContext) {
    this.balancerContext = balancerContext;
  }

  /** Its methods are written out: the generated ones are linked at run time, felt at a start. */
  private record Key(BalancerSpec spec, String group) {
    @Override
    public int hashCode() {
      return 31 * spec.hashCode() + group.hashCode();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && spec.equals(key.spec) && group.equals(key.group);
    }
  }

  /** Makes the picker of a spec over these candidates. */
  synchronized Balancer.Picker picker(
      BalancerSpec spec, String group, Balancer.Candidates candidates) {
    return balancers.computeIfAbsent(new Key(spec, group), key -> create(spec)).picker(candidates);
  }

  private Balancer create(BalancerSpec spec) {
    return BalancerCatalog.isOurs(spec.name())
        ? BalancerCatalog.create(spec)
        : new GrpcLoadBalancerAdapter(spec, balancerContext);
  }

  synchronized void shutdown() {
    for (Balancer balancer : balancers.values()) {
      if (balancer instanceof GrpcLoadBalancerAdapter stock) {
        stock.shutdown();
      }
    }
  }

  /** Whether some balancer in use wants a new picker about every second. */
  synchronized boolean needsPeriodicRefresh() {
    return balancers.values().stream().anyMatch(Balancer::needsPeriodicRefresh);
  }
}
