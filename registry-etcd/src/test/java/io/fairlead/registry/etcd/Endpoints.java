package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;

/** Endpoints for tests. */
final class Endpoints {
  private Endpoints() {}

  /** One at an address of its own: at the same one it would be the same process. */
  static Endpoint of(String id) {
    return Endpoint.of(id, id + ".test", 50051);
  }
}
