package io.fairlead.balance.internal;

import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.policy.BalancerSpec;
import java.util.List;
import java.util.Map;

/** Reads how a standard service config balances. */
public final class ServiceConfigReader {
  private ServiceConfigReader() {}

  /**
   * Reads a standard service config, given as the maps and lists of its JSON: of its {@code
   * loadBalancingConfig} the first that is known here, {@code "fairlead"} for all of these options
   * or the name of any balancer. Without one, the defaults.
   *
   * @throws IllegalArgumentException if none is known, or a parameter is wrong; the message lists
   *     what is known
   */
  public static BalancingOptions read(Map<String, ?> serviceConfig) {
    Object configs = serviceConfig.get("loadBalancingConfig");
    if (configs == null) {
      return BalancingOptions.DEFAULT;
    }
    String unknown = "";
    for (Object config : configs instanceof List<?> list ? list : List.of(configs)) {
      BalancerConfigReader policy =
          new BalancerConfigReader("service config", Map.of("loadBalancingConfig", config))
              .getGroup("loadBalancingConfig");
      String name = BalancingOptionsReader.onlyName("loadBalancingConfig", policy.asMap());
      Map<String, ?> parameters = policy.getGroup(name).asMap();
      if (name.equals(BalancingOptions.POLICY_NAME)) {
        return BalancingOptionsReader.read(parameters);
      }
      if (BalancerCatalog.isKnown(name)) {
        return BalancingOptions.builder().balancer(new BalancerSpec(name, parameters)).build();
      }
      unknown = name;
    }
    if (unknown.isEmpty()) {
      return BalancingOptions.DEFAULT;
    }
    throw BalancerCatalog.unknown(unknown);
  }
}
