package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Chooses one endpoint, drawn at random by weight, for all calls of the channel until it becomes
 * unavailable. Then it draws another one, and does not return to the first.
 *
 * <p>A single call that must not go there (it was tried, its breaker is open) goes to the next in
 * the list. The choice is kept by id, and so outlasts new pickers and new data of the endpoint.
 * Threads that draw at the same time overwrite each other, and the last one stays.
 */
final class StickyBalancer implements Balancer {
  private volatile @Nullable String chosenId;

  StickyBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    AliasSampler sampler = AliasSampler.of(candidates.usable(), view -> view.weight());
    Map<String, Integer> indexById = new HashMap<>();
    for (int i = 0; i < views.length; i++) {
      indexById.put(views[i].id(), i);
    }
    return pick -> pick(views, indexById, sampler, pick);
  }

  private @Nullable EndpointView pick(
      EndpointView[] views, Map<String, Integer> indexById, AliasSampler sampler, Pick pick) {
    String id = chosenId;
    Integer at = id == null ? null : indexById.get(id);
    if (at == null) {
      EndpointView drawn = sampler.any(pick);
      if (drawn != null) {
        chosenId = drawn.id();
        pick.reason(
            id == null
                ? "sticky: drawn of {0}"
                : "sticky: the one before went away; " + "drawn of {0}",
            views.length,
            0);
      }
      return drawn;
    }
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[(at + i) % views.length];
      if (pick.allows(view)) {
        pick.reason(i == 0 ? "sticky: stays" : "sticky: for this call the next in the list");
        return view;
      }
    }
    return null;
  }
}
