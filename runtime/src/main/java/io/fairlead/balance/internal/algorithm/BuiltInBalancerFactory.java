package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancerFactory;

/**
 * A balancer that comes with the runtime.
 *
 * <p>A switch over the name, and not a map of lambdas: each lambda costs a class at the start of a
 * process, which the measured time of a first call shows. Holds nothing but the name.
 */
public record BuiltInBalancerFactory(String name) implements BalancerFactory {
  @Override
  public Balancer create(BalancerConfigReader config) {
    return switch (name) {
      case "pick_first" -> new PickFirstBalancer(config);
      case "round_robin" -> new RoundRobinBalancer(config);
      case "randomized_round_robin" -> new RandomizedRoundRobinBalancer(config);
      case "weighted_round_robin" -> new WeightedRoundRobinBalancer(config);
      case "random" -> RandomBalancer.even(config);
      case "weighted_random" -> RandomBalancer.weighted(config);
      case "least_request" -> new LeastRequestBalancer(config);
      case "least_connections" -> new LeastConnectionsBalancer(config);
      case "peak_ewma" -> new PeakEwmaBalancer(config);
      case "consistent_hash" -> new ConsistentHashBalancer(config);
      case "maglev" -> new MaglevBalancer(config);
      case "sticky" -> new StickyBalancer(config);
      default -> throw new IllegalStateException(name + " is not built in");
    };
  }

  @Override
  public String toString() {
    return "built in";
  }
}
