package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.EndpointView;
import io.fairlead.internal.ImmutableArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads lists of endpoints as arrays, and compares them by what tables are built from: ids and
 * weights.
 *
 * <p>Building a table (a ring, a Maglev table) costs much more than reading the list. These
 * comparisons tell when a new list needs no new table, and which entries of the old one are usable.
 */
public final class EndpointList {
  private static final EndpointView[] NONE = {};

  private EndpointList() {}

  /** Returns the array of a list, for reading only. */
  public static EndpointView[] array(List<EndpointView> list) {
    return ImmutableArrayList.array(list, NONE);
  }

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
   * Returns the view to use at the index of each known endpoint, or null where it is not usable.
   * Both lists are in the same order, so going through both once suffices.
   */
  static @Nullable EndpointView[] usableByKnownIndex(Balancer.Candidates candidates) {
    EndpointView[] known = array(candidates.known());
    EndpointView[] usable = array(candidates.usable());
    // Most are usable: a copy and a few holes cost less than a store for each.
    @Nullable EndpointView[] atIndex = known.clone();
    int next = 0;
    for (int index = 0; index < known.length; index++) {
      if (next < usable.length && known[index] == usable[next]) {
        next++;
      } else {
        atIndex[index] = null;
      }
    }
    checkAllFound(next, usable);
    return atIndex;
  }

  /** Checks that every usable endpoint was met in the list of known ones. */
  static void checkAllFound(int found, EndpointView[] usable) {
    if (found < usable.length) {
      throw new IllegalArgumentException(
          usable[found] + " is usable but not known, or out of order");
    }
  }
}
