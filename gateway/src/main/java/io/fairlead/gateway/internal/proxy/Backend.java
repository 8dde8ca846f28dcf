package io.fairlead.gateway.internal.proxy;

import io.fairlead.client.RpcChannel;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One target, and what is known of its contracts. Guarded by the monitor of {@link Backends}. */
final class Backend {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  final Key key;
  final ContractSource source;
  final RpcChannel channel;

  /** Whether a registry has its name now. It may be there again soon if not. */
  boolean listed = true;

  private @Nullable Contracts contracts;
  private @Nullable String failure;
  private int failures;

  /**
   * What makes a backend the same one.
   *
   * @param owner who found it in a registry; null if it was named
   */
  record Key(ProxyConfig.@Nullable Prefix owner, String target) {}

  /**
   * What is in force.
   *
   * @param found what the services were made of; a reload that finds the same changes nothing
   */
  record Contracts(FoundContracts found, List<ServerServiceDefinition> services) {
    Contracts {
      services = List.copyOf(services);
    }
  }

  Backend(Key key, ContractSource source, RpcChannel channel) {
    this.key = key;
    this.source = source;
    this.channel = channel;
  }

  String target() {
    return key.target();
  }

  /** Returns its contracts; null if they were not read yet. */
  @Nullable Contracts contracts() {
    return contracts;
  }

  void setContracts(@Nullable Contracts changed) {
    contracts = changed;
  }

  /** Returns why its contracts could not be read at last; null if they could. */
  @Nullable String failure() {
    return failure;
  }

  void succeeded() {
    failure = null;
    failures = 0;
  }

  /** Notes a failure; false if the log has heard enough of them: it gets the 1st, 2nd, 4th, 8th. */
  boolean failed(String why) {
    failures++;
    failure = why;
    return Integer.bitCount(failures) == 1;
  }

  /** Returns the time until the contracts are read again: soon after a failure, then less often. */
  Duration pause(Duration reload) {
    if (failures == 0) {
      return reload;
    }
    Duration backoff = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
    return backoff.compareTo(reload) < 0 ? backoff : reload;
  }
}
