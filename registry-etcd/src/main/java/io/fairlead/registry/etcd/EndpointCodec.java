package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;

/** Where an endpoint's entry stands in etcd and what it says. Pure. */
interface EndpointCodec {

  /** Returns all that stands before the names of services. */
  String root();

  /** Returns the key of a service's endpoint. */
  String key(String service, Endpoint endpoint);

  /** Returns the entry's value. */
  String encode(String service, Endpoint endpoint);

  /**
   * Returns what an entry says.
   *
   * @throws MalformedEntryException if it says nothing that we understand
   */
  Endpoint decode(String service, String id, String value);

  /** Returns whether a leaving endpoint can say so in its entry. */
  boolean encodesDraining();

  /**
   * Returns all keys of a service: with the slash, so that {@code foo} does not see {@code
   * foo_other}.
   */
  default KeyRange range(String service) {
    return KeyRange.prefix(root() + service + "/");
  }

  /** Returns the endpoint's id, from its key: what follows the service, made fit for an id. */
  static String idOf(KeyRange range, String key) {
    String suffix = key.substring(range.start().length());
    return suffix.indexOf('/') < 0 ? suffix : suffix.replace("%", "%25").replace("/", "%2F");
  }

  static EndpointCodec of(KeyLayout keyLayout, String namespace) {
    return switch (keyLayout) {
      case ETCD_NAMING -> new EtcdNamingCodec(namespace);
      case KRATOS -> new KratosCodec(namespace);
      case GO_ZERO -> new GoZeroCodec(namespace);
      case KITEX -> new KitexCodec(namespace);
    };
  }
}
