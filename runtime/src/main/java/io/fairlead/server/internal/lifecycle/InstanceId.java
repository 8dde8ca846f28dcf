package io.fairlead.server.internal.lifecycle;

import java.util.concurrent.ThreadLocalRandom;

/** Names an instance so that people recognise it and no two are alike. */
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
