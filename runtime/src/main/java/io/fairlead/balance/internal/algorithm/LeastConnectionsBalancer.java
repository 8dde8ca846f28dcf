package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Chooses, of all endpoints, the one with the fewest calls in flight for its weight; ties are
 * broken by chance, as each pick begins at a random index.
 *
 * <p>A pick looks at every endpoint until it finds an idle one. So it is for lists of some dozens;
 * {@link LeastRequestBalancer} looks at a few endpoints only. Keeps nothing between picks.
 */
final class LeastConnectionsBalancer implements Balancer {
  LeastConnectionsBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    return pick -> least(views, pick);
  }

  private static @Nullable EndpointView least(EndpointView[] views, Pick pick) {
    CountingEndpoint best = null;
    int start = pick.random(views.length);
    for (int i = 0; i < views.length; i++) {
      CountingEndpoint view = (CountingEndpoint) views[(start + i) % views.length];
      if (pick.allows(view) && (best == null || LoadComparator.lessLoaded(view, best, pick))) {
        best = view;
        if (view.packedLoad() == 0) {
          break; // It is idle and well: nobody has less to do.
        }
      }
    }
    if (best != null) {
      pick.reason("least_connections: {0} in flight, least of {1}", best.inFlight(), views.length);
    }
    return best;
  }
}
