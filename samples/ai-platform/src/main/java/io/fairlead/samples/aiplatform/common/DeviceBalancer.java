package io.fairlead.samples.aiplatform.common;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancerFactory;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.policy.MethodPolicy;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls to servers with one kind of device, by their tag {@code device}, and to others only
 * while none of these takes them. Among equals, the one with the fewest calls under way gets them.
 *
 * <p>It chooses among the endpoints that the call selects, such as those of one version.
 */
public final class DeviceBalancer implements BalancerFactory {
  /** The tag of a server that says what its model runs on. */
  public static final String TAG = "device";

  private static final String NAME = "device";
  private static final String PREFER = "prefer";

  /** Returns the policy of calls that prefer a device, such as {@code gpu}. */
  static MethodPolicy preferring(String device) {
    return MethodPolicy.builder().balancer(NAME, Map.of(PREFER, device)).build();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Balancer create(BalancerConfigReader config) {
    String wanted = config.getString(PREFER, "cpu");
    String found = "device: a server with " + wanted + ", {0} in flight";
    String instead = "device: no server with " + wanted + " takes the call, so another one does";
    return candidates -> {
      EndpointView[] fitting = of(candidates, wanted, true);
      EndpointView[] others = of(candidates, wanted, false);
      return pick -> {
        @Nullable EndpointView chosen = leastLoaded(pick, fitting);
        if (chosen != null) {
          pick.reason(found, chosen.inFlight(), 0);
          return chosen;
        }
        pick.reason(instead);
        return leastLoaded(pick, others);
      };
    };
  }

  private static EndpointView[] of(Balancer.Candidates candidates, String device, boolean with) {
    return candidates.usable().stream()
        .filter(view -> device.equals(view.endpoint().tags().get(TAG)) == with)
        .toArray(EndpointView[]::new);
  }

  /** Begins anywhere, so that servers without calls get equal shares. */
  private static @Nullable EndpointView leastLoaded(Pick pick, EndpointView[] views) {
    @Nullable EndpointView best = null;
    int begin = views.length == 0 ? 0 : pick.random(views.length);
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[(begin + i) % views.length];
      if (pick.allows(view) && (best == null || view.inFlight() < best.inFlight())) {
        best = view;
      }
    }
    return best;
  }
}
