package io.fairlead.server;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.List;

/** What {@code grpc.health.v1} says of each service, and of the server as a whole. */
final class HealthBoard {
  private final HealthStatusManager manager = new HealthStatusManager();
  private final List<String> services;

  HealthBoard(List<String> services) {
    this.services = List.copyOf(services);
    set(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, false);
    this.services.forEach(service -> set(service, false));
  }

  BindableService service() {
    return manager.getHealthService();
  }

  List<String> services() {
    return services;
  }

  /** Ignored once {@link #leave} was called. */
  void set(String service, boolean serving) {
    manager.setStatus(service, serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /** NOT_SERVING everywhere, for good. */
  void leave() {
    manager.enterTerminalState();
  }
}
