package io.fairlead.registry.etcd;

import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registry;

/** The whole contract, in memory: every "process" has the one registry there is. */
final class InMemoryRegistryContractTest extends RegistrationContract {
  private final InMemoryRegistry registry = new InMemoryRegistry();

  @Override
  Registry open() {
    return registry;
  }
}
