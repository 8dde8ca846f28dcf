package io.fairlead.scaling;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * The load of one instance.
 *
 * @param id of the endpoint
 * @param address {@code host:port}
 * @param state {@code ready}, {@code pending} or {@code draining}
 * @param offered its load, in the unit of the service's; empty if it is not known
 * @param utilization the share of it that is at work; empty if it is not known
 * @param callsInFlight calls that it has now, waiting ones and streams included; empty if unknown
 */
public record EndpointLoad(
    String id,
    String address,
    String state,
    OptionalDouble offered,
    OptionalDouble utilization,
    OptionalDouble callsInFlight) {
  public EndpointLoad {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(offered, "offered");
    Objects.requireNonNull(utilization, "utilization");
    Objects.requireNonNull(callsInFlight, "callsInFlight");
  }
}
