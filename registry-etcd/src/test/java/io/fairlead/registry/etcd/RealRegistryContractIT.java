package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registry;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** The whole contract, on real etcds; each test in a namespace of its own. */
final class RealRegistryContractIT {
  @Nested
  final class Installed extends OnReal {
    Installed() {
      super(EtcdRelease.INSTALLED);
    }
  }

  @Nested
  final class Built extends OnReal {
    Built() {
      super(EtcdRelease.BUILT);
    }
  }

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class OnReal extends RegistrationContract {
    private final EtcdRelease release;
    private final AtomicInteger tests = new AtomicInteger();
    private RealEtcd etcd;

    OnReal(EtcdRelease release) {
      this.release = release;
    }

    @BeforeAll
    void start() {
      etcd = RealEtcd.start(release);
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
}
