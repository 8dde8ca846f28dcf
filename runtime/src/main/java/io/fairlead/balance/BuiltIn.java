package io.fairlead.balance;

/** A balancer that comes with the runtime. A switch, since a lambda for each is felt at a start. */
record BuiltIn(String name) implements BalancerFactory {
  @Override
  public Balancer create(Params params) {
    return switch (name) {
      case "pick_first" -> new PickFirst(params);
      case "round_robin" -> new RoundRobin(params);
      case "mixed_round_robin" -> new MixedRoundRobin(params);
      case "weighted_round_robin" -> new WeightedRoundRobin(params);
      case "random" -> RandomChoice.even(params);
      case "weighted_random" -> RandomChoice.weighted(params);
      case "least_request" -> new LeastRequest(params);
      case "least_connections" -> new LeastConnections(params);
      case "peak_ewma" -> new PeakEwma(params);
      case "consistent_hash" -> new ConsistentHash(params);
      case "maglev" -> new Maglev(params);
      case "sticky" -> new Sticky(params);
      default -> throw new IllegalStateException(name + " is not built in");
    };
  }

  @Override
  public String toString() {
    return "built in";
  }
}
