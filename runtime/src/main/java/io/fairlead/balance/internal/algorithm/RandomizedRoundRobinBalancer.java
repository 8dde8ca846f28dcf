package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Goes round like {@link RoundRobinBalancer}, but chooses any endpoint with some probability. That
 * keeps many clients that started together from going round in step.
 */
final class RandomizedRoundRobinBalancer implements Balancer {
  private final RoundRobinBalancer roundRobin;
  private final int randomBelow;

  RandomizedRoundRobinBalancer(BalancerConfigReader config) {
    roundRobin = new RoundRobinBalancer(config);
    randomBelow = (int) (config.getDouble("probability", 0.1, 0, 1) * (1 << 20));
  }

  @Override
  public Picker picker(Candidates candidates) {
    Picker ordered = roundRobin.picker(candidates);
    AliasSampler sampler = AliasSampler.of(candidates.usable(), view -> 1);
    return pick ->
        pick.random(1 << 20) < randomBelow ? random(sampler, pick) : roundRobin(ordered, pick);
  }

  private static @Nullable EndpointView roundRobin(Picker ordered, Pick pick) {
    EndpointView chosen = ordered.pick(pick);
    pick.reason("randomized_round_robin: next in order");
    return chosen;
  }

  private static @Nullable EndpointView random(AliasSampler sampler, Pick pick) {
    EndpointView drawn = sampler.any(pick);
    pick.reason("randomized_round_robin: drawn at random, of {0}", sampler.size(), 0);
    return drawn;
  }
}
