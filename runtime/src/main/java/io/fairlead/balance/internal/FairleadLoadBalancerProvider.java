package io.fairlead.balance.internal;

import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancingOptions;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;

/**
 * Makes the load balancer known to grpc-java as {@code "fairlead"}; found by ServiceLoader.
 *
 * <p>A service config is parsed here, so that a mistake in it is found when the config arrives and
 * not at a pick. Channels name this policy as their default, and hand over their own options by
 * another way; see {@link io.fairlead.internal.resolve.ChannelTarget}.
 */
public final class FairleadLoadBalancerProvider extends LoadBalancerProvider {
  /**
   * A config with this one name and a balancer in it asks for that balancer under the channel's own
   * options; {@link ServiceConfigRewriter} writes it.
   */
  static final String CHANNEL_BALANCER = "channel_balancer";

  private final ClockAndRandom clockAndRandom;

  /** With the real clock. */
  public FairleadLoadBalancerProvider() {
    this(ClockAndRandom.REAL);
  }

  /** With a clock and random numbers of a test's or a simulation's. */
  public FairleadLoadBalancerProvider(ClockAndRandom clockAndRandom) {
    this.clockAndRandom = clockAndRandom;
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public int getPriority() {
    return 5;
  }

  @Override
  public String getPolicyName() {
    return BalancingOptions.POLICY_NAME;
  }

  @Override
  public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
    return new FairleadLoadBalancer(helper, clockAndRandom);
  }

  @Override
  public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
    try {
      if (config.get(CHANNEL_BALANCER) instanceof Map) {
        return ConfigOrError.fromConfig(
            BalancingOptionsReader.balancer(
                new BalancerConfigReader(getPolicyName(), config), CHANNEL_BALANCER));
      }
      BalancingOptions options = BalancingOptionsReader.read(config);
      BalancerCatalog.check(options.balancer());
      return ConfigOrError.fromConfig(options);
    } catch (IllegalArgumentException e) {
      return ConfigOrError.fromError(
          Status.INVALID_ARGUMENT.withDescription(e.getMessage()).withCause(e));
    }
  }
}
