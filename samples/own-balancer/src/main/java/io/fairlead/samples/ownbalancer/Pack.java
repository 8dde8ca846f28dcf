package io.fairlead.samples.ownbalancer;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancerFactory;
import io.fairlead.balance.EndpointView;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Fills one endpoint before it uses the next: the last ones stay idle and can be stopped. */
public final class Pack implements BalancerFactory {
  @Override
  public String name() {
    return "pack";
  }

  @Override
  public Balancer create(BalancerConfigReader config) {
    int full = config.getInt("full", 4, 1, 1_000);
    return candidates -> {
      // The same order for every client, whatever the order of the list.
      EndpointView[] inOrder =
          candidates.usable().stream()
              .sorted(Comparator.comparing(EndpointView::id))
              .toArray(EndpointView[]::new);
      return pick -> {
        @Nullable EndpointView leastLoaded = null;
        for (EndpointView view : inOrder) {
          if (!pick.allows(view)) {
            continue;
          }
          if (view.inFlight() < full) {
            pick.reason("pack: the first that is not full, {0} in flight", view.inFlight(), 0);
            return view;
          }
          if (leastLoaded == null || view.inFlight() < leastLoaded.inFlight()) {
            leastLoaded = view;
          }
        }
        pick.reason("pack: all are full");
        return leastLoaded;
      };
    };
  }
}
