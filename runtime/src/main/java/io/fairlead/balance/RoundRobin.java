package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/** One after the other, from a random start, so that many clients do not begin at the same one. */
final class RoundRobin implements Balancer {
  private final Turns turns = new Turns();

  RoundRobin(Params params) {}

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    Turns shared = turns;
    String reason = "round_robin: its turn among " + views.length;
    return pick -> next(shared, views, reason, pick);
  }

  private static @Nullable EndpointView next(
      Turns turns, EndpointView[] views, String reason, Pick pick) {
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[turns.next(pick) % views.length];
      if (pick.allows(view)) {
        pick.because(reason);
        return view;
      }
    }
    // Other threads took the turns of those that this call may use.
    return anyAllowed(views, pick, "round_robin: any that may take it");
  }

  /** Goes through the list once, from a random place. */
  static @Nullable EndpointView anyAllowed(EndpointView[] views, Pick pick, String reason) {
    int start = pick.random(views.length);
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[(start + i) % views.length];
      if (pick.allows(view)) {
        pick.because(reason);
        return view;
      }
    }
    return null;
  }
}
