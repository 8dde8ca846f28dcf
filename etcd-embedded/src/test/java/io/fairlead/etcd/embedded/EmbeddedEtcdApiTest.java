package io.fairlead.etcd.embedded;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** The embedded one keeps the contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EmbeddedEtcdApiTest
    implements KvContract, TxnContract, WatchContract, LeaseContract, ClusterContract {
  private final AtomicInteger tests = new AtomicInteger();
  private EmbeddedEtcd etcd;
  private EtcdClient client;

  @BeforeAll
  void start() {
    etcd = EmbeddedEtcd.start();
    client = new EtcdClient(etcd.address());
  }

  @AfterAll
  void stop() {
    client.close();
    etcd.close();
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
