package io.fairlead.policy;

import java.util.Map;

/**
 * How an instance is chosen for a call.
 *
 * @param name of the balancer, in lower_snake, e.g. {@code "least_request"}
 * @param config for the balancer, in the form of JSON objects; empty for its defaults
 */
public record BalancerChoice(String name, Map<String, ?> config) {
  public BalancerChoice {
    Check.text("balancer", name, "\"least_request\"");
    config = Map.copyOf(config);
  }

  @Override
  public String toString() {
    return config.isEmpty() ? name : name + " " + config;
  }
}
