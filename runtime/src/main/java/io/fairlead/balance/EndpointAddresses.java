package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * For name resolvers of one's own: an address group that carries what is known of its endpoint, so
 * that weights, zones, tags and versions reach the balancer. Groups without it have only addresses.
 */
public final class EndpointAddresses {
  @EquivalentAddressGroup.Attr
  private static final Attributes.Key<Endpoint> ENDPOINT =
      Attributes.Key.create("io.fairlead.balance.endpoint");

  private EndpointAddresses() {}

  /**
   * Returns the group of one endpoint.
   *
   * @param addresses where it is reached, resolved; the first is tried first
   */
  public static EquivalentAddressGroup of(Endpoint endpoint, List<SocketAddress> addresses) {
    return new EquivalentAddressGroup(
        addresses, Attributes.newBuilder().set(ENDPOINT, endpoint).build());
  }

  /** Returns the endpoint that a group's attributes carry; null if they carry none. */
  public static @Nullable Endpoint endpoint(Attributes attributes) {
    return attributes.get(ENDPOINT);
  }
}
