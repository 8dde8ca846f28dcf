package io.fairlead.gateway.internal.proxy;

import io.fairlead.client.RpcChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Which services of other processes a gateway serves. Immutable.
 *
 * @param targets each with where its contracts come from
 * @param prefixes of names in a registry
 * @param channels changes each channel before it is built
 * @param hashByCaller whether calls of one caller go to one endpoint, where the balancer hashes
 * @param forwardAuthorization whether what callers prove themselves with goes on to the services,
 *     though this server has checked it
 * @param reload the time between two looks at contracts and registries
 */
public record ProxyConfig(
    List<Target> targets,
    List<Prefix> prefixes,
    UnaryOperator<RpcChannel.Builder> channels,
    boolean hashByCaller,
    boolean forwardAuthorization,
    Duration reload) {
  public ProxyConfig {
    targets = List.copyOf(targets);
    prefixes = List.copyOf(prefixes);
  }

  /** Returns whether nothing is forwarded. */
  public boolean isEmpty() {
    return targets.isEmpty() && prefixes.isEmpty();
  }

  /** A target of a channel. */
  public record Target(String target, ContractSource source) {}

  /** All services of a registry whose names begin with a text. */
  public record Prefix(RegistryOpener registry, String prefix, ContractSource source) {}
}
