package io.fairlead.balance.internal;

import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.policy.BalancerSpec;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Rewrites the service config that a resolver brings, for a channel of ours.
 *
 * <p>A balancer that has a name here becomes ours, with the channel's own health gating, ejection
 * and zone around it. Where the config says nothing about balancing, the channel's options apply,
 * and the config is not changed. A config with parameters that ours does not have is left to
 * grpc-java's balancer, and a warning says so.
 */
final class ServiceConfigRewriter {
  private static final System.Logger LOG = System.getLogger(ServiceConfigRewriter.class.getName());
  private static final String CONFIGS = "loadBalancingConfig";
  private static final String OLD_NAME = "loadBalancingPolicy";

  private ServiceConfigRewriter() {}

  /** The same config for grpc-java to parse, with our balancers under our own name. */
  static Map<String, ?> forChannel(Map<String, ?> config) {
    Object stated = config.containsKey(CONFIGS) ? config.get(CONFIGS) : List.of();
    if (!(stated instanceof List<?> list)) {
      return config; // grpc-java says what is wrong with it.
    }
    Object configs;
    if (!list.isEmpty()) {
      configs = list.stream().map(ServiceConfigRewriter::read).toList();
    } else if (config.get(OLD_NAME) instanceof String old) {
      configs = List.of(read(Map.of(old.toLowerCase(Locale.ROOT), Map.of())));
    } else {
      return config;
    }
    Map<String, Object> read = new LinkedHashMap<>(config);
    read.put(CONFIGS, configs);
    return read;
  }

  private static Object read(Object stated) {
    if (!(stated instanceof Map<?, ?> named) || named.size() != 1) {
      return stated;
    }
    Map.Entry<?, ?> only = named.entrySet().iterator().next();
    String name = String.valueOf(only.getKey());
    if (!BalancerCatalog.isOurs(name)) {
      return stated;
    }
    try {
      Map<String, ?> parameters =
          new BalancerConfigReader(
                  "service config", Collections.singletonMap(name, only.getValue()))
              .getGroup(name)
              .asMap();
      BalancerSpec spec = new BalancerSpec(name, parameters);
      BalancerCatalog.check(spec);
      return Map.of(
          BalancingOptions.POLICY_NAME,
          Map.of(FairleadLoadBalancerProvider.CHANNEL_BALANCER, Map.of(name, parameters)));
    } catch (IllegalArgumentException e) {
      LOG.log(
          Level.WARNING,
          "A service config asks for {0}, with parameters that are none of ours ({1}); grpc-java''s"
              + " balancer of that name is used instead, if it has one",
          stated,
          e.getMessage());
      return stated;
    }
  }
}
