package io.fairlead.server;

import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a server writes of itself into a registry.
 *
 * @param text the same for people, with who chose the address
 */
record OwnEndpoint(Endpoint endpoint, String text) {

  /**
   * @param acrossHosts whether the registry is read by other hosts
   */
  static OwnEndpoint of(ServerPlan plan, int boundPort, boolean acrossHosts, Instant now) {
    AdvertisedAddress.Choice address =
        AdvertisedAddress.decide(
            plan.listen(),
            boundPort,
            System.getenv(AdvertisedAddress.VARIABLE),
            acrossHosts,
            HostAddress::find);
    ServerIdentity identity = plan.identity();
    String id = identity.id() != null ? identity.id() : InstanceId.make(address);
    Endpoint endpoint =
        new Endpoint(
            id,
            List.of(AdvertisedAddress.address(address, plan.listen().tls() != null)),
            identity.zone(),
            identity.weight(),
            identity.version(),
            tags(plan),
            now,
            false);
    return new OwnEndpoint(
        endpoint, id + " at " + endpoint.addresses().get(0) + " (" + address.reason() + ")");
  }

  /** The user's, and how often clients may ping; what the user says of that goes before. */
  private static Map<String, String> tags(ServerPlan plan) {
    Map<String, String> tags = new TreeMap<>(plan.identity().tags());
    tags.putIfAbsent(
        KeepAliveTransportFactory.TAG,
        KeepAliveTransportFactory.tagValue(plan.connections().permittedPing()));
    return tags;
  }
}
