package io.fairlead.balance.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.balance.Balancer;
import io.fairlead.policy.BalancerSpec;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The balancers of one channel: one for each spec that calls ask for, in each group of candidates.
 *
 * <p>A balancer keeps what must outlast a picker: a counter, a ring, a chosen endpoint. So it is
 * found again here for each new picker. A group is "all", a zone part of it, or the endpoints of
 * one selector; each has a balancer of its own, as their lists differ.
 *
 * <p>Pickers are made in the synchronization context, and by calls that ask for a spec first. The
 * lock makes {@link Balancer#picker} what the SPI promises: called by one thread at a time. The
 * load balancer closes it.
 */
final class BalancerCache {
  @GuardedBy("this")
  private final Map<Key, Balancer> balancers = new HashMap<>(2);

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
  Balancer.Picker picker(BalancerSpec spec, String group, Balancer.Candidates candidates) {
    Balancer.Picker picker;
    boolean weighted;
    synchronized (this) {
      Balancer balancer = balancers.computeIfAbsent(new Key(spec, group), key -> create(spec));
      picker = balancer.picker(candidates);
      weighted = spec.name().equals("weighted_round_robin") && balancer.needsPeriodicRefresh();
    }
    if (weighted) {
      // Outside of the lock, as observers are code of others.
      balancerContext.weightsUpdated(candidates.usable());
    }
    return picker;
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
