package io.fairlead.balance.internal;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancerFactory;
import io.fairlead.balance.Balancers;
import io.fairlead.balance.internal.algorithm.BuiltInBalancerFactory;
import io.fairlead.policy.BalancerSpec;
import org.jspecify.annotations.Nullable;

/**
 * Finds and makes balancers by name: built in, registered by a user, or grpc-java's.
 *
 * <p>A name without a prefix is ours if it is built in or registered, so that a name of this page
 * means the same in every channel. Has no state; the registered ones are in {@link Balancers}.
 */
public final class BalancerCatalog {
  private BalancerCatalog() {}

  /**
   * Checks that a balancer of this name is known and takes these parameters.
   *
   * @throws IllegalArgumentException if not; the message lists what is known
   */
  public static void check(BalancerSpec spec) {
    if (isOurs(spec.name())) {
      create(spec);
    } else {
      GrpcLoadBalancerAdapter.check(spec);
    }
  }

  /** Whether the name is not left to grpc-java. */
  static boolean isOurs(String name) {
    return factory(name) != null;
  }

  /** Whether Fairlead or grpc-java has a balancer of this name. */
  static boolean isKnown(String name) {
    return isOurs(name) || GrpcLoadBalancerAdapter.find(name) != null;
  }

  /** Makes the balancer. */
  static Balancer create(BalancerSpec spec) {
    BalancerFactory factory = factory(spec.name());
    if (factory == null) {
      throw unknown(spec.name());
    }
    BalancerConfigReader config = new BalancerConfigReader(spec.name(), spec.config());
    Balancer balancer = factory.create(config);
    config.rejectUnknown();
    return balancer;
  }

  private static @Nullable BalancerFactory factory(String name) {
    return Balancers.BUILT_IN.contains(name)
        ? new BuiltInBalancerFactory(name)
        : Balancers.registered(name).orElse(null);
  }

  static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        ("No balancer is named \"%s\"; known are %s, those found by ServiceLoader as"
                + " %s, and every LoadBalancerProvider of grpc-java's by its policy name,"
                + " \"grpc:\" in front where the name is also one of these")
            .formatted(
                name, String.join(", ", Balancers.names()), BalancerFactory.class.getName()));
  }
}
