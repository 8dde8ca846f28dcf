package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;

/** Endpoints for tests. */
final class Endpoints {
  private Endpoints() {}

  static Endpoint of(String id) {
    return Endpoint.of(id, "10.0.0.1", 50051);
  }
}
