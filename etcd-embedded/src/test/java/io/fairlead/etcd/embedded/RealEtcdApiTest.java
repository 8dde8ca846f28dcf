package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Real ones keep the contract: it says what etcd does, not what we would like. */
final class RealEtcdApiTest {
  @Nested
  final class Installed extends RealEtcdApi {
    Installed() {
      super(EtcdRelease.INSTALLED);
    }

    /** With two of one release, one of the two would say nothing. */
    @Test
    void isAnotherReleaseThanTheBuiltOne() {
      assertThat(EtcdRelease.INSTALLED.version()).isNotEqualTo(EtcdRelease.BUILT.version());
    }
  }

  @Nested
  final class Built extends RealEtcdApi {
    Built() {
      super(EtcdRelease.BUILT);
    }

    @Test
    void isTheReleaseThatTheEmbeddedOneFollows() {
      assertThat(ClusterIdentity.VERSION).startsWith(EtcdRelease.BUILT.version() + ".");
    }
  }

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class RealEtcdApi
      implements KvContract, TxnContract, WatchContract, LeaseContract, ClusterContract {
    private final EtcdRelease release;
    private final AtomicInteger tests = new AtomicInteger();
    private RealEtcd etcd;
    private EtcdClient client;

    RealEtcdApi(EtcdRelease release) {
      this.release = release;
    }

    @BeforeAll
    void start() {
      etcd = RealEtcd.start(release);
      client = new EtcdClient(etcd.address());
    }

    @AfterAll
    void stop() {
      // Nothing was opened where the release is missing, and the tests were skipped.
      if (client != null) {
        client.close();
      }
      if (etcd != null) {
        etcd.close();
      }
    }

    @BeforeEach
    void nextKeys() {
      tests.incrementAndGet();
    }

    @Override
    public EtcdClient client() {
      return client;
    }

    @Override
    public String endpoint() {
      return etcd.endpoint();
    }

    @Override
    public String key(String name) {
      return "test-" + tests.get() + "/" + name;
    }
  }
}
