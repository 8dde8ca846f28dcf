package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Chooses one endpoint after the other, from a random start, so that many clients do not begin at
 * the same one.
 *
 * <p>The counter lasts from picker to picker, so that a change of the list does not send the next
 * calls to the first endpoint again. All threads share it.
 */
public final class RoundRobinBalancer implements Balancer {
  private final RoundRobinCounter counter = new RoundRobinCounter();

  RoundRobinBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    RoundRobinCounter shared = counter;
    String reason = "round_robin: next of " + views.length;
    return pick -> next(shared, views, reason, pick);
  }

  private static @Nullable EndpointView next(
      RoundRobinCounter counter, EndpointView[] views, String reason, Pick pick) {
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[counter.next(pick) % views.length];
      if (pick.allows(view)) {
        pick.reason(reason);
        return view;
      }
    }
    // Other threads took the endpoints that this call may use.
    return anyAllowed(views, pick, "round_robin: any that may take it");
  }

  /** Goes through the list once, from a random index. */
  public static @Nullable EndpointView anyAllowed(EndpointView[] views, Pick pick, String reason) {
    int start = pick.random(views.length);
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[(start + i) % views.length];
      if (pick.allows(view)) {
        pick.reason(reason);
        return view;
      }
    }
    return null;
  }
}
