package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;

/**
 * Chooses any endpoint: by weight for {@code weighted_random}, with equal chances for {@code
 * random}. Keeps nothing between picks but the table that draws are made from.
 */
final class RandomBalancer implements Balancer {
  private final boolean weighted;

  private RandomBalancer(boolean weighted) {
    this.weighted = weighted;
  }

  static RandomBalancer even(BalancerConfigReader config) {
    return new RandomBalancer(false);
  }

  static RandomBalancer weighted(BalancerConfigReader config) {
    return new RandomBalancer(true);
  }

  @Override
  public Picker picker(Candidates candidates) {
    AliasSampler sampler =
        AliasSampler.of(candidates.usable(), view -> weighted ? view.weight() : 1);
    String reason = (weighted ? "weighted_random" : "random") + ": drawn of {0}";
    return pick -> {
      EndpointView drawn = sampler.any(pick);
      pick.reason(reason, sampler.size(), 0);
      return drawn;
    };
  }
}
