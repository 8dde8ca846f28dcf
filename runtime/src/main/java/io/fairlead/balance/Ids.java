package io.fairlead.balance;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares lists of endpoints by what tables are built from: ids and weights. */
final class Ids {
  private Ids() {}

  static boolean sameIdsAndWeights(List<EndpointView> one, List<EndpointView> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      EndpointView a = one.get(i);
      EndpointView b = other.get(i);
      if (a != b && (a.weight() != b.weight() || !a.id().equals(b.id()))) {
        return false;
      }
    }
    return true;
  }

  /** At the place of each known endpoint the view to use, or null where it is not usable. */
  static EndpointView[] usableAtPlaceOfKnown(Balancer.Candidates candidates) {
    List<EndpointView> known = candidates.known();
    EndpointView[] usable = new EndpointView[known.size()];
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < usable.length; i++) {
      places.put(known.get(i).id(), i);
    }
    for (EndpointView view : candidates.usable()) {
      Integer place = places.get(view.id());
      if (place != null) {
        usable[place] = view;
      }
    }
    return usable;
  }
}
