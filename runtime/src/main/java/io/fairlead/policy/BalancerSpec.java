package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which balancer, with which parameters. Two specs that are equal share one balancer in a channel,
 * so keep specs and do not make one for every call.
 *
 * @param name a name that {@link io.fairlead.balance.Balancers} knows, e.g. {@code "least_request"}
 * @param config parameters by name, in the JSON forms of a service config; empty for the defaults
 */
public record BalancerSpec(String name, Map<String, ?> config) {
  /** What a channel uses where nothing else is said. */
  public static final BalancerSpec DEFAULT = of("least_request");

  public BalancerSpec {
    Objects.requireNonNull(name, "name");
    Arguments.text("balancer", name, "\"least_request\"");
    config = Collections.unmodifiableMap(new TreeMap<>(config));
  }

  /** Returns the balancer with its default parameters. */
  public static BalancerSpec of(String name) {
    return new BalancerSpec(name, Map.of());
  }

  /**
   * Returns a hash of the name alone: specs are looked up for every call, and hashing a map costs.
   */
  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof BalancerSpec spec
            && name.equals(spec.name)
            && (config.isEmpty() ? spec.config.isEmpty() : config.equals(spec.config)));
  }

  @Override
  public String toString() {
    return config.isEmpty() ? name : name + " " + config;
  }
}
