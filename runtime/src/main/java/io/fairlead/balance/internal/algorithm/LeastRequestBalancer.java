package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Draws a few endpoints at random by weight, and chooses the one with the fewest calls in flight
 * for its weight.
 *
 * <p>An endpoint that fails a share of its calls loses that share of its comparisons, since an
 * endpoint that fails fast looks as if it had nothing to do. Two choices are enough to avoid an
 * overloaded endpoint, and no two clients agree on one "best" endpoint and send all their calls
 * there.
 *
 * <p>Keeps nothing between picks but the table that draws are made from.
 */
final class LeastRequestBalancer implements Balancer {
  private static final String REASON = "least_request: {0} in flight, least of {1} drawn";

  private final int choices;

  LeastRequestBalancer(BalancerConfigReader config) {
    choices = config.getInt("choices", 2, 2, 10);
  }

  @Override
  public Picker picker(Candidates candidates) {
    AliasSampler sampler = AliasSampler.of(candidates.usable(), view -> (double) view.weight());
    return pick -> least(sampler, pick);
  }

  private @Nullable EndpointView least(AliasSampler sampler, Pick pick) {
    int best = sampler.next(pick, AliasSampler.NOBODY);
    if (best == AliasSampler.NOBODY) {
      return null;
    }
    CountingEndpoint least = sampler.view(best);
    for (int i = 1; i < choices; i++) {
      int other = sampler.next(pick, best);
      if (other != AliasSampler.NOBODY
          && LoadComparator.lessLoaded(sampler.view(other), least, pick)) {
        best = other;
        least = sampler.view(other);
      }
    }
    pick.reason(REASON, least.inFlight(), choices);
    return least;
  }
}
