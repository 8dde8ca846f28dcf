package io.fairlead.internal.resolve;

import io.fairlead.balance.EndpointAddresses;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Converts an endpoint to the form in which it travels through grpc-java, and back: one address
 * group whose attributes carry its data. All addresses of an endpoint are in one group, so
 * grpc-java makes one connection and tries them in turn.
 */
public final class EndpointAttributes {
  /** Why a list is empty, on the resolution's attributes. */
  public static final Attributes.Key<String> WHY_EMPTY =
      Attributes.Key.create("io.fairlead.balance.whyEmpty");

  private EndpointAttributes() {}

  /** Returns the group of an endpoint's gRPC addresses, or null if none of them is known. */
  static @Nullable EquivalentAddressGroup toGroup(Endpoint endpoint, boolean tls, DnsCache dns) {
    List<SocketAddress> addresses = addresses(endpoint, tls ? Address.GRPCS : Address.GRPC, dns);
    if (addresses.isEmpty()) {
      // A registry that knows no protocols writes "grpc" for all; the channel's credentials decide.
      addresses = addresses(endpoint, tls ? Address.GRPC : Address.GRPCS, dns);
    }
    return addresses.isEmpty() ? null : EndpointAddresses.of(endpoint, addresses);
  }

  /**
   * Returns the endpoint of a group; one that no registry described is named by its first address.
   */
  public static Endpoint fromGroup(EquivalentAddressGroup group) {
    Endpoint endpoint = EndpointAddresses.endpoint(group.getAttributes());
    if (endpoint != null) {
      return endpoint;
    }
    SocketAddress first = group.getAddresses().get(0);
    if (first instanceof InetSocketAddress inet) {
      String host = inet.getHostString();
      Endpoint plain = Endpoint.of("unnamed", host, Math.max(1, inet.getPort()));
      return plain.toBuilder(plain.addresses().get(0).hostAndPort()).build();
    }
    return Endpoint.of(first.toString().replace('/', '_'), "local", 1);
  }

  private static List<SocketAddress> addresses(Endpoint endpoint, String protocol, DnsCache dns) {
    List<SocketAddress> found = new ArrayList<>();
    for (Address address : endpoint.addresses()) {
      if (address.protocol().equals(protocol)) {
        for (InetAddress ip : dns.addressesOf(address.host())) {
          found.add(new InetSocketAddress(ip, address.port()));
        }
      }
    }
    return found;
  }
}
