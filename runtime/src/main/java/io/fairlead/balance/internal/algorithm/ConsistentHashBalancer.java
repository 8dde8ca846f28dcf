package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint that comes next on a ring after the call's key. The ring holds every endpoint of the
 * list, usable or not, so one that is away for a moment moves only its own keys. With a load
 * factor, an endpoint with more than that many times the mean of calls in flight passes its calls
 * on to the next.
 */
final class ConsistentHashBalancer implements Balancer {
  private final IncrementalHashRing layout;
  private final double loadFactor;

  ConsistentHashBalancer(BalancerConfigReader config) {
    layout = new IncrementalHashRing(config.getInt("points", 160, 100, 10_000));
    double factor = config.getDouble("load_factor", 0, 0, 100);
    if (factor != 0 && factor <= 1) {
      throw new IllegalArgumentException(
          "consistent_hash.load_factor is " + factor + "; use 0 (off) or more than 1, e.g. 1.25");
    }
    loadFactor = factor;
  }

  @Override
  public Picker picker(Candidates candidates) {
    layout.update(candidates.known());
    HashRing ring = layout.ring();
    @Nullable EndpointView[] views = layout.byNumber(candidates);
    int usable = candidates.usable().size();
    return pick -> pick(ring, views, usable, pick);
  }

  private @Nullable EndpointView pick(
      HashRing on, @Nullable EndpointView[] views, int usable, Pick pick) {
    long key = pick.hasKey() ? pick.key() : (long) pick.random(1 << 30) << 34;
    long limit =
        loadFactor == 0
            ? Long.MAX_VALUE
            : (long) Math.ceil(loadFactor * (pick.totalInFlight() + 1) / usable);
    EndpointView full = null;
    int index = on.indexOf(key);
    int last = -1;
    for (int steps = 0; steps < on.size(); steps++, index = on.next(index)) {
      int owner = on.ownerAt(index);
      EndpointView view = views[owner];
      if (owner == last || view == null || !pick.allows(view)) {
        last = owner;
        continue;
      }
      boolean hasRoom = limit == Long.MAX_VALUE || view.inFlight() < limit;
      if (hasRoom && (full == null || LoadComparator.acceptsOverflow(view, pick))) {
        pick.reason(
            pick.hasKey()
                ? "consistent_hash: owns the key, {0} points passed by"
                : "consistent_hash: call without a key, at random",
            steps,
            0);
        return view;
      }
      full = full == null ? view : full;
      last = owner;
    }
    return full;
  }
}
