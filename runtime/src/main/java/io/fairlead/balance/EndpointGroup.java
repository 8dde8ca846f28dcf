package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.SocketAddress;
import java.util.List;

/**
 * For name resolvers of one's own: an address group that carries what is known of its endpoint, so
 * that weights, zones, tags and versions reach the balancer. Groups without it have only addresses.
 */
public final class EndpointGroup {
  private EndpointGroup() {}

  /**
   * The group of one endpoint.
   *
   * @param addresses where it is reached, resolved; the first is tried first
   */
  public static EquivalentAddressGroup of(Endpoint endpoint, List<SocketAddress> addresses) {
    return new EquivalentAddressGroup(
        addresses, Attributes.newBuilder().set(EndpointAttributes.ENDPOINT, endpoint).build());
  }
}
