package io.fairlead.bench.balance;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.policy.BalancerSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A balancer with its parameters, as the simulation tries it.
 *
 * @param name how reports call it
 * @param spec what a channel is told
 * @param traits what it needs to be tried in a fair way
 */
record Subject(String name, BalancerSpec spec, Set<Trait> traits) {
  enum Trait {
    /** Uses one endpoint at a time, so it gets the load of one. */
    ONE_ENDPOINT,
    /** Calls carry a key. */
    KEYED,
    /** Servers report their load. */
    REPORTS,
    /** The registry knows which servers are slow. */
    TOLD_WEIGHTS
  }

  static final Subject ROUND_ROBIN = of("round_robin");
  static final Subject LEAST_REQUEST = of("least_request");
  static final Subject LEAST_CONNECTIONS = of("least_connections");
  static final Subject PEAK_EWMA = of("peak_ewma");
  static final Subject CONSISTENT_HASH = of("consistent_hash", Trait.KEYED);
  static final Subject MAGLEV = of("maglev", Trait.KEYED);

  /** Every balancer. */
  static final List<Subject> ALL =
      List.of(
          ROUND_ROBIN,
          of("randomized_round_robin"),
          of("random"),
          of("weighted_random", Trait.TOLD_WEIGHTS),
          of("weighted_round_robin", Trait.REPORTS),
          LEAST_REQUEST,
          LEAST_CONNECTIONS,
          PEAK_EWMA,
          CONSISTENT_HASH,
          new Subject(
              "consistent_hash, bounded",
              new BalancerSpec("consistent_hash", Map.of("load_factor", 1.25)),
              Set.of(Trait.KEYED)),
          MAGLEV,
          of("pick_first", Trait.ONE_ENDPOINT),
          of("sticky", Trait.ONE_ENDPOINT));

  private static Subject of(String name, Trait... traits) {
    return new Subject(name, BalancerSpec.of(name), Set.of(traits));
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  BalancingOptions options(Scenario scenario) {
    BalancingOptions.Builder options =
        BalancingOptions.builder().balancer(spec).withoutHealth().slowStart(scenario.slowStart());
    if (scenario == Scenario.ONE_FAILING_KEPT) {
      options.outlierDetection(OutlierDetectionPolicy.OFF);
    }
    return options.build();
  }

  @Override
  public String toString() {
    return name;
  }
}
