package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registry;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** The whole contract, on the embedded etcd. */
final class EmbeddedRegistryContractTest extends RegistrationContract {
  private final EmbeddedEtcd etcd = EmbeddedEtcd.start();

  @Override
  Registry open() {
    return EtcdRegistry.builder().endpoints(etcd.endpoint()).ttl(Duration.ofSeconds(2)).connect();
  }

  @AfterEach
  void closeEtcd() {
    closeAll();
    etcd.close();
  }
}
