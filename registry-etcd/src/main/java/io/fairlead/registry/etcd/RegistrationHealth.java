package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a registration stands. */
public final class RegistrationHealth {
  private final String service;
  private final String endpointId;
  private final Registration.Status status;

  RegistrationHealth(String service, String endpointId, Registration.Status status) {
    this.service = service;
    this.endpointId = endpointId;
    this.status = status;
  }

  /** Returns the service's name. */
  public String service() {
    return service;
  }

  /** Returns the id of the endpoint. */
  public String endpointId() {
    return endpointId;
  }

  /** Returns where the registration stands. */
  public Registration.Status status() {
    return status;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RegistrationHealth that
        && service.equals(that.service)
        && endpointId.equals(that.endpointId)
        && status.equals(that.status);
  }

  @Override
  public int hashCode() {
    return Objects.hash(service, endpointId, status);
  }

  /** Returns one line of text. */
  @Override
  public String toString() {
    return "RegistrationHealth[service="
        + service
        + ", endpointId="
        + endpointId
        + ", status="
        + status
        + "]";
  }
}
