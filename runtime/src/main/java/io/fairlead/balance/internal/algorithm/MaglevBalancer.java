package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the owner of the slot that a call's key falls into, of a table of 65,537 slots (Maglev).
 *
 * <p>The endpoints fill the table in turn, each in an order of its own that follows from its id.
 * Keys are spread more evenly than on a ring, and a pick is one look-up. When an endpoint leaves
 * the list, a few keys of others move too; on a ring none would.
 *
 * <p>The table holds every endpoint of the list, usable or not. A key whose owner is not usable is
 * hashed again, so that its keys spread over all others. The table lasts from picker to picker, and
 * is made anew by {@link #picker} when ids or weights change.
 */
final class MaglevBalancer implements Balancer {
  /** A prime, so that every step width visits every slot. */
  static final int SLOTS = 65_537;

  private List<EndpointView> tableOf = List.of();
  private int @Nullable [] table;

  MaglevBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    int[] current = table;
    if (current == null || !EndpointList.sameIdsAndWeights(tableOf, candidates.known())) {
      current = fill(candidates.known());
      table = current;
    }
    tableOf = candidates.known();
    int[] slots = current;
    @Nullable EndpointView[] views = EndpointList.usableByKnownIndex(candidates);
    return pick -> pick(slots, views, pick);
  }

  private static @Nullable EndpointView pick(
      int[] slots, @Nullable EndpointView[] views, Pick pick) {
    long key = pick.hasKey() ? pick.key() : (long) pick.random(1 << 30) << 34;
    int tries = Math.min(64, 4 * views.length);
    for (int i = 0; i < tries; i++) {
      EndpointView view = views[slots[(int) Long.remainderUnsigned(key, SLOTS)]];
      if (view != null && pick.allows(view)) {
        pick.reason(
            pick.hasKey()
                ? "maglev: owns the key's slot, {0} owners passed by"
                : "maglev: call without a key, at random",
            i,
            0);
        return view;
      }
      key = KeyHash.mix(key + KeyHash.GOLDEN_GAMMA);
    }
    // With few usable endpoints among many, hashing again may not find one.
    int start = (int) Long.remainderUnsigned(key, views.length);
    for (int i = 0; i < views.length; i++) {
      EndpointView view = views[(start + i) % views.length];
      if (view != null && pick.allows(view)) {
        pick.reason("maglev: its owners are away, the next in the list");
        return view;
      }
    }
    return null;
  }

  /** Fills the table: the turns of an endpoint are as frequent as its weight is to the largest. */
  static int[] fill(List<EndpointView> endpoints) {
    int n = endpoints.size();
    long[] at = new long[n];
    long[] step = new long[n];
    double[] credit = new double[n];
    int most = 1;
    for (int i = 0; i < n; i++) {
      long hash = KeyHash.ofText(endpoints.get(i).id());
      at[i] = Long.remainderUnsigned(hash, SLOTS);
      step[i] = Long.remainderUnsigned(KeyHash.mix(hash), SLOTS - 1) + 1;
      most = Math.max(most, endpoints.get(i).weight());
    }
    int[] slots = new int[SLOTS];
    Arrays.fill(slots, -1);
    int filled = 0;
    while (true) {
      for (int i = 0; i < n; i++) {
        credit[i] += (double) endpoints.get(i).weight() / most;
        if (credit[i] < 1) {
          continue;
        }
        credit[i] -= 1;
        while (slots[(int) at[i]] >= 0) {
          at[i] = (at[i] + step[i]) % SLOTS;
        }
        slots[(int) at[i]] = i;
        if (++filled == SLOTS) {
          return slots;
        }
      }
    }
  }
}
