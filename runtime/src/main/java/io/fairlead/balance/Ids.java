package io.fairlead.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares lists of endpoints by what tables are built from: ids and weights. */
final class Ids {
  private Ids() {}

  static boolean sameIdsAndWeights(List<EndpointView> one, List<EndpointView> other) {
    if (one == other) {
      return true;
    }
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

  /**
   * At the place of each known endpoint the view to use, or null where it is not usable. Both lists
   * are in the same order, so going through both once suffices.
   */
  static @Nullable EndpointView[] usableAtPlaceOfKnown(Balancer.Candidates candidates) {
    List<EndpointView> known = candidates.known();
    List<EndpointView> usable = candidates.usable();
    @Nullable EndpointView[] atPlace = new EndpointView[known.size()];
    int next = 0;
    for (int i = 0; i < atPlace.length && next < usable.size(); i++) {
      if (known.get(i) == usable.get(next)) {
        atPlace[i] = usable.get(next++);
      }
    }
    if (next < usable.size()) {
      throw new IllegalArgumentException(
          usable.get(next) + " is usable but not known, or out of order");
    }
    return atPlace;
  }
}
