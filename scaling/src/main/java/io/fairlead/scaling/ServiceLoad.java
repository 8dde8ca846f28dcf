package io.fairlead.scaling;

import java.util.List;
import java.util.Objects;

/**
 * The load of a service, as a whole and of each instance.
 *
 * @param sample of the whole
 * @param endpoints in order of their ids
 */
public record ServiceLoad(LoadSample sample, List<EndpointLoad> endpoints) {
  public ServiceLoad {
    Objects.requireNonNull(sample, "sample");
    endpoints = List.copyOf(endpoints);
  }
}
