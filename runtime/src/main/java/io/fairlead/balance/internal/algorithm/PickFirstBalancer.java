package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the first endpoint of the list that can take the call.
 *
 * <p>The others stay connected, so that a failure of the first costs no time for a connection.
 * Keeps nothing between picks: when the first returns, it gets the calls again.
 */
final class PickFirstBalancer implements Balancer {
  PickFirstBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    return pick -> first(views, pick);
  }

  private static @Nullable EndpointView first(EndpointView[] views, Pick pick) {
    for (int i = 0; i < views.length; i++) {
      if (pick.allows(views[i])) {
        pick.reason("pick_first: number {0} of {1} in the list", i + 1, views.length);
        return views[i];
      }
    }
    return null;
  }
}
