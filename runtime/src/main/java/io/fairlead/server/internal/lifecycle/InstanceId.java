package io.fairlead.server.internal.lifecycle;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes the id of an instance that has none: host, port and some random letters. So people
 * recognise it, and a restart on the same port is another instance.
 */
final class InstanceId {
  private InstanceId() {}

  static String make(AdvertisedAddress.Choice address) {
    String host = address.host().replaceAll("[^A-Za-z0-9._-]", "_");
    return host + "-" + address.port() + "-" + suffix();
  }

  private static String suffix() {
    return Long.toString(ThreadLocalRandom.current().nextLong(36L * 36 * 36 * 36 * 36 * 36), 36);
  }
}
