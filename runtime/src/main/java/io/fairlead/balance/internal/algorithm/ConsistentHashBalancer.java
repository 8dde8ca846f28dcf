package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the endpoint that comes next on a ring after the call's key.
 *
 * <p>The ring holds every endpoint of the list, usable or not. So an endpoint that is away for a
 * moment moves only its own keys, and gets all of them back. With a load factor, an endpoint with
 * more than that many times the mean of calls in flight passes its calls on to the next (bounded
 * loads). The factor is applied to the calls of the whole channel, which {@link Pick#totalInFlight}
 * counts.
 *
 * <p>The layout of the ring lasts from picker to picker and is changed by {@link #picker} alone,
 * which runs on one thread at a time. A picker holds the ring as it was when the picker was made;
 * rings are immutable.
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
    // A call without a key gets a random one: it shall not go to the same endpoint each time.
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
      // Several points in a row may belong to one endpoint, which is asked once.
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
      // Where all are full the owner takes the call: a limit must not fail calls.
      full = full == null ? view : full;
      last = owner;
    }
    return full;
  }
}
