package io.fairlead.server.internal.lifecycle;

import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a server writes of itself into a registry.
 *
 * @param text the same for people, with who chose the address
 */
record AdvertisedEndpoint(Endpoint endpoint, String text) {

  /**
   * @param acrossHosts whether the registry is read by other hosts
   */
  static AdvertisedEndpoint of(
      ServerConfig config, int boundPort, boolean acrossHosts, Instant now) {
    AdvertisedAddress.Choice address =
        AdvertisedAddress.decide(
            config.listen(),
            boundPort,
            System.getenv(AdvertisedAddress.VARIABLE),
            acrossHosts,
            LocalAddresses::find);
    ServerIdentity identity = config.identity();
    String id = identity.id() != null ? identity.id() : newId(address);
    Endpoint endpoint =
        Endpoint.builder(id)
            .addresses(AdvertisedAddress.address(address, config.listen().tls() != null))
            .zone(identity.zone())
            .weight(identity.weight())
            .version(identity.version())
            .tags(tags(config))
            .startedAt(now)
            .build();
    return new AdvertisedEndpoint(
        endpoint, id + " at " + endpoint.addresses().get(0) + " (" + address.reason() + ")");
  }

  /** The user's, and how often clients may ping; what the user says of that goes before. */
  private static Map<String, String> tags(ServerConfig config) {
    Map<String, String> tags = new TreeMap<>(config.identity().tags());
    tags.putIfAbsent(
        KeepAliveTransportFactory.TAG,
        KeepAliveTransportFactory.tagValue(config.connections().permittedPing()));
    return tags;
  }

  /**
   * Makes the id of an instance that has none: host, port and some random letters. So people
   * recognise it, and a restart on the same port is another instance.
   */
  private static String newId(AdvertisedAddress.Choice address) {
    String host = address.host().replaceAll("[^A-Za-z0-9._-]", "_");
    long bits = ThreadLocalRandom.current().nextLong(36L * 36 * 36 * 36 * 36 * 36);
    return host + "-" + address.port() + "-" + Long.toString(bits, 36);
  }
}
