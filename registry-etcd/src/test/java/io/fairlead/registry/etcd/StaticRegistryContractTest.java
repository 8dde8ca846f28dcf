package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.StaticRegistry;

/** The contract of readers, on a list in code. */
final class StaticRegistryContractTest extends RegistryContract {
  @Override
  Registry holding(Endpoint... endpoints) {
    return StaticRegistry.of(SHOP, endpoints);
  }

  @Override
  void closeAll() {
    // It holds nothing.
  }
}
