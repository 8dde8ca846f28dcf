package io.fairlead.server.internal.lifecycle;

import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.policy.ConnectionSettings;
import io.fairlead.server.internal.stack.ServerAccessConfig;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Everything that a server was asked to be; made by the builder of {@link
 * io.fairlead.server.RpcServer}.
 *
 * <p>Immutable. It is checked as far as that needs no network; the checks that compare it with the
 * services are made when the layers are assembled.
 */
public record ServerConfig(
    ServerIdentity identity,
    ListenSettings listen,
    ConnectionSettings connections,
    LifecycleTimeouts timeouts,
    ReadinessConfig readiness,
    RegistryBinding registry,
    List<ServerServiceDefinition> services,
    Set<BuiltInService> builtInServices,
    Set<BuiltInService> exposedServices,
    ServerAccessConfig access,
    int maxHandlerThreads,
    boolean shutdownHook,
    List<IntConsumer> warmUps) {
  public ServerConfig {
    services = List.copyOf(services);
    warmUps = List.copyOf(warmUps);
    builtInServices = Set.copyOf(builtInServices);
    exposedServices = Set.copyOf(exposedServices);
    if (maxHandlerThreads < 1) {
      throw new IllegalArgumentException(
          "handlerThreads is " + maxHandlerThreads + "; use 1 or more");
    }
  }
}
