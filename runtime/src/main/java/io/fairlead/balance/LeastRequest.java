package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/**
 * Of a few endpoints at random, drawn by weight, the one with the fewest calls in flight for its
 * weight. An endpoint that fails a share of its calls loses that share of its comparisons, since
 * failing fast looks like having nothing to do.
 */
final class LeastRequest implements Balancer {
  private final int choices;
  private final String reason;

  LeastRequest(Params params) {
    choices = params.integer("choices", 2, 2, 10);
    reason = "least_request: {0} in flight, least of " + choices + " drawn";
  }

  @Override
  public Picker picker(Candidates candidates) {
    WeightedDraw draw = WeightedDraw.of(candidates.usable(), view -> (double) view.weight());
    return pick -> least(draw, pick);
  }

  private @Nullable EndpointView least(WeightedDraw draw, Pick pick) {
    int best = draw.next(pick, WeightedDraw.NOBODY);
    if (best == WeightedDraw.NOBODY) {
      return null;
    }
    CountingEndpoint least = draw.view(best);
    for (int i = 1; i < choices; i++) {
      int other = draw.next(pick, best);
      if (other != WeightedDraw.NOBODY && Compare.lessLoaded(draw.view(other), least, pick)) {
        best = other;
        least = draw.view(other);
      }
    }
    pick.because(reason, least.inFlight(), 0);
    return least;
  }
}
