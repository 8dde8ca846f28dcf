package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registry;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** The whole contract, on a real etcd. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealRegistryContractIT extends RegistrationContract {
  private final AtomicInteger tests = new AtomicInteger();
  private RealEtcd etcd;

  @BeforeAll
  void start() {
    etcd = RealEtcd.start(EtcdRelease.INSTALLED);
  }

  @AfterAll
  void stop() {
    // Nothing was started where etcd is missing, and the tests were skipped.
    if (etcd != null) {
      etcd.close();
    }
  }

  @BeforeEach
  void nextNamespace() {
    tests.incrementAndGet();
  }

  @Override
  Registry open() {
    return EtcdRegistry.builder()
        .endpoints(etcd.endpoint())
        .namespace("test-" + tests.get() + "/")
        .ttl(Duration.ofSeconds(2))
        .connect();
  }
}
