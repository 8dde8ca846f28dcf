package io.fairlead.server.internal.service;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.List;

/**
 * What {@code grpc.health.v1} says of each service, and of the server as a whole.
 *
 * <p>All begin as NOT_SERVING. {@code ReadinessMonitor} sets them, and {@code GracefulShutdown}
 * ends them for good. grpc-java's health service tells the clients that watch.
 */
public final class HealthStatuses {
  private final HealthStatusManager manager = new HealthStatusManager();
  private final List<String> services;

  public HealthStatuses(List<String> services) {
    this.services = List.copyOf(services);
    set(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, false);
    this.services.forEach(service -> set(service, false));
  }

  BindableService service() {
    return manager.getHealthService();
  }

  public List<String> services() {
    return services;
  }

  /** Sets a status; ignored once {@link #enterTerminalState} was called. */
  public void set(String service, boolean serving) {
    manager.setStatus(service, serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /** Sets NOT_SERVING everywhere, for good. */
  public void enterTerminalState() {
    manager.enterTerminalState();
  }
}
