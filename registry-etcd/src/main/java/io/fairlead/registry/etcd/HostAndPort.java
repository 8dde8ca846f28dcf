package io.fairlead.registry.etcd;

import io.fairlead.discovery.Address;

/** Reads {@code host:port} texts. */
final class HostAndPort {
  private HostAndPort() {}

  static Address address(String protocol, String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      return new Address(protocol, host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new MalformedEntryException("\"" + text + "\" is not host:port");
    }
  }
}
