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
    return pick -> least(draw, pick);
  }

  private @Nullable EndpointView least(WeightedDraw draw, Pick pick) {
    EndpointView best = null;
    for (int i = 0; i < choices; i++) {
      EndpointView candidate = draw.next(pick, best);
      if (candidate != null && (best == null || Compare.lessLoaded(candidate, best, pick))) {
        best = candidate;
      }
    }
    if (best != null) {
      pick.because("least_request: {0} in flight, least of {1} drawn", best.inFlight(), choices);
    }
    return best;
  }
}
