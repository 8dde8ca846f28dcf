package io.fairlead.balance;

import io.grpc.ManagedChannelBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a channel balances its calls.
 *
 * @param balancer what calls use that ask for nothing else
 */
public record BalancingOptions(BalancerSpec balancer) {
  /** What a channel does where nothing is said. */
  public static final BalancingOptions DEFAULT = new BalancingOptions(BalancerSpec.DEFAULT);

  public BalancingOptions {
    Balancers.check(balancer);
  }

  /** Sets them on a channel that is being built. */
  public void configure(ManagedChannelBuilder<?> builder) {
    builder.defaultLoadBalancingPolicy(FairleadBalancerProvider.POLICY_NAME);
    builder.defaultServiceConfig(
        Map.of(
            "loadBalancingConfig",
            List.of(Map.of(FairleadBalancerProvider.POLICY_NAME, toConfig()))));
  }

  /** The form in a service config. */
  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("balancer", Map.of(balancer.name(), balancer.config()));
    return config;
  }

  /** Reads the form in a service config; the message of an error names the parameter. */
  static BalancingOptions parse(Map<String, ?> config) {
    Params params = new Params(FairleadBalancerProvider.POLICY_NAME, config);
    BalancerSpec spec = BalancerSpec.DEFAULT;
    if (params.has("balancer")) {
      Map<String, ?> named = params.group("balancer").all();
      if (named.size() != 1) {
        throw new IllegalArgumentException(
            "fairlead.balancer is "
                + named
                + "; use one name with its parameters, e.g. "
                + "{\"least_request\": {\"choices\": 2}}");
      }
      String name = named.keySet().iterator().next();
      spec = new BalancerSpec(name, params.group("balancer").group(name).all());
    }
    params.done();
    return new BalancingOptions(spec);
  }
}
