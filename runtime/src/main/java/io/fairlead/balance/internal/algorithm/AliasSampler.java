package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Draws endpoints at random with chances by weight, each draw in constant time.
 *
 * <p>The table is an alias table (Vose). Each slot stands for an equal share of the draws and holds
 * at most two endpoints: its own, which keeps the part below {@link #keepBelow}, and the one in
 * {@link #alias}, which takes the rest. Where all weights are equal there is no table, and a draw
 * is one random number.
 *
 * <p>Immutable, and read by many threads at a time. A picker makes one for its list; building it
 * takes time in proportion to the list.
 */
final class AliasSampler {
  /** In place of an index. */
  static final int NOBODY = -1;

  private static final int SCALE = 1 << 30;
  private static final int[] NONE = {};

  private final EndpointView[] views;
  private final int[] alias;
  private final int[] keepBelow;
  private final boolean even;

  private AliasSampler(EndpointView[] views, int[] alias, int[] keepBelow, boolean even) {
    this.views = views;
    this.alias = alias;
    this.keepBelow = keepBelow;
    this.even = even;
  }

  static AliasSampler of(List<EndpointView> list, ToDoubleFunction<EndpointView> weightOf) {
    int n = list.size();
    EndpointView[] views = EndpointList.array(list);
    double first = weightOf.applyAsDouble(views[0]);
    int same = 1;
    while (same < n && weightOf.applyAsDouble(views[same]) == first) {
      same++;
    }
    if (same == n) {
      return new AliasSampler(views, NONE, NONE, true);
    }
    double[] scaled = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      scaled[i] = weightOf.applyAsDouble(views[i]);
      sum += scaled[i];
    }
    int[] alias = new int[n];
    int[] keepBelow = new int[n];
    fill(scaled, sum, alias, keepBelow);
    return new AliasSampler(views, alias, keepBelow, false);
  }

  /**
   * Fills the slots. Endpoints whose weight is below the mean ("poor") have room in their slot,
   * which one above the mean ("rich") fills up. Each step completes one slot, so that one pass
   * suffices.
   */
  private static void fill(double[] scaled, double sum, int[] alias, int[] keepBelow) {
    int n = scaled.length;
    int[] order = new int[n];
    int small = 0;
    int large = n;
    for (int i = 0; i < n; i++) {
      scaled[i] *= n / sum;
      if (scaled[i] < 1) {
        order[small++] = i;
      } else {
        order[--large] = i;
      }
    }
    // The small ones stand in front, the large ones behind; a large one that has given enough away
    // becomes small.
    int next = 0;
    while (next < small && large < n) {
      int poor = order[next++];
      int rich = order[large];
      keepBelow[poor] = (int) (scaled[poor] * SCALE);
      alias[poor] = rich;
      scaled[rich] -= 1 - scaled[poor];
      if (scaled[rich] < 1) {
        large++;
        order[small++] = rich;
      }
    }
    // What rounding leaves over is as good as full: such a slot has no second endpoint.
    for (; next < small; next++) {
      keepBelow[order[next]] = SCALE;
      alias[order[next]] = order[next];
    }
    for (; large < n; large++) {
      keepBelow[order[large]] = SCALE;
      alias[order[large]] = order[large];
    }
  }

  /** Draws one that the call may use; null if there is none. */
  @Nullable EndpointView any(Pick pick) {
    int slot = next(pick, NOBODY);
    return slot == NOBODY ? null : views[slot];
  }

  CountingEndpoint view(int slot) {
    return (CountingEndpoint) views[slot];
  }

  /**
   * Draws the index of one that the call may use and that is not {@code other}; {@link #NOBODY} if
   * there is none.
   */
  int next(Pick pick, int other) {
    int slot = slot(pick);
    return slot != other && pick.allows(views[slot]) ? slot : search(pick, other);
  }

  /** A few draws more usually suffice; else the list is gone through from a random index. */
  private int search(Pick pick, int other) {
    for (int tries = 0; tries < 3; tries++) {
      int slot = slot(pick);
      if (slot != other && pick.allows(views[slot])) {
        return slot;
      }
    }
    int n = views.length;
    int start = pick.random(n);
    for (int i = 0; i < n; i++) {
      int slot = (start + i) % n;
      if (slot != other && pick.allows(views[slot])) {
        return slot;
      }
    }
    return NOBODY;
  }

  int size() {
    return views.length;
  }

  private int slot(Pick pick) {
    int slot = pick.random(views.length);
    return even || pick.random(SCALE) < keepBelow[slot] ? slot : alias[slot];
  }
}
