package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/** The first endpoint of the list that can take the call. */
final class PickFirst implements Balancer {
  PickFirst(Params params) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    return pick -> first(views, pick);
  }

  private static @Nullable EndpointView first(EndpointView[] views, Pick pick) {
    for (int i = 0; i < views.length; i++) {
      if (pick.allows(views[i])) {
        pick.because("pick_first: number {0} of {1} in the list", i + 1, views.length);
        return views[i];
      }
    }
    return null;
  }
}
