package io.fairlead.server;

import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Everything that a server was asked to be; what {@link io.fairlead.RpcServer}'s builder makes. */
public record ServerPlan(
    ServerIdentity identity,
    ListenSettings listen,
    ConnectionSettings connections,
    LifecycleBounds bounds,
    ReadinessPlan readiness,
    RegistryUse registry,
    List<ServerServiceDefinition> services,
    Set<StandardService> standardServices,
    ServerGuards guards,
    int handlerThreads,
    boolean shutdownHook) {
  public ServerPlan {
    Objects.requireNonNull(identity, "identity");
    Objects.requireNonNull(listen, "listen");
    Objects.requireNonNull(connections, "connections");
    Objects.requireNonNull(bounds, "bounds");
    Objects.requireNonNull(readiness, "readiness");
    Objects.requireNonNull(registry, "registry");
    Objects.requireNonNull(guards, "guards");
    services = List.copyOf(services);
    standardServices = Set.copyOf(standardServices);
    if (handlerThreads < 1) {
      throw new IllegalArgumentException("handlerThreads is " + handlerThreads + "; use 1 or more");
    }
  }
}
