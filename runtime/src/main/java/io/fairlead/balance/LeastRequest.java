package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/**
 * Of a few endpoints at random, drawn by weight, the one with the fewest calls in flight for its
 * weight. An endpoint that fails a share of its calls loses that share of its comparisons, since
 * failing fast looks like having nothing to do.
 */
final class LeastRequest implements Balancer {
  private final int choices;

  LeastRequest(Params params) {
    choices = params.integer("choices", 2, 2, 10);
  }

  @Override
  public Picker picker(Candidates candidates) {
    WeightedDraw draw = WeightedDraw.of(candidates.usable(), view -> (double) view.weight());
    EndpointView[] views = Views.array(candidates.usable());
    LoadStats[] loads = new LoadStats[views.length];
    int[] weights = new int[views.length];
    for (int i = 0; i < views.length; i++) {
      loads[i] = ((MemberView) views[i]).load();
      weights[i] = views[i].weight();
    }
    return pick -> least(draw, loads, weights, pick);
  }

  /** Looks at figures alone: of the views only the chosen one is touched. */
  private @Nullable EndpointView least(
      WeightedDraw draw, LoadStats[] loads, int[] weights, Pick pick) {
    int best = draw.next(pick, WeightedDraw.NOBODY);
    if (best == WeightedDraw.NOBODY) {
      return null;
    }
    for (int i = 1; i < choices; i++) {
      int other = draw.next(pick, best);
      if (other != WeightedDraw.NOBODY
          && Compare.lessLoaded(loads[other], weights[other], loads[best], weights[best], pick)) {
        best = other;
      }
    }
    pick.because(
        "least_request: {0} in flight, least of {1} drawn", loads[best].inFlight(), choices);
    return draw.view(best);
  }
}
