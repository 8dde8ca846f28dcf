package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint, drawn at random by weight, for all calls of the channel until it becomes
 * unavailable; then another one, and the first does not come back into favour. A single call that
 * must not go there (it was tried, its breaker is open) goes to the next in the list.
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
