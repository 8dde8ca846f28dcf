package io.fairlead.discovery;

import java.util.List;
import java.util.Objects;

/**
 * All endpoints of a service at one revision of the registry. Never a part of them.
 *
 * @param service the service's name in the registry
 * @param revision grows with each change in the registry; 0 where the registry has none
 * @param endpoints ordered by id
 */
public record EndpointSnapshot(String service, long revision, List<Endpoint> endpoints) {
  public EndpointSnapshot {
    Objects.requireNonNull(service, "service");
    endpoints = List.copyOf(endpoints);
  }
}
