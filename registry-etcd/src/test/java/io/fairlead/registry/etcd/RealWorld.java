package io.fairlead.registry.etcd;

import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.RealEtcd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** A real etcd, in real time. */
final class RealWorld implements World {
  /** Short times, so that tests are quick. */
  private static final EtcdTimeouts TIMING =
      EtcdTimeouts.DEFAULT
          .withTtl(Duration.ofSeconds(3))
          .withSelfPreservationGrace(Duration.ofSeconds(4))
          .withProbeInterval(Duration.ofSeconds(1));

  private final RealEtcd etcd;
  private final FaultyProxy proxy;
  private final List<EtcdRegistry> registries = new ArrayList<>();
  private Operator operator;

  RealWorld(EtcdRelease release) {
    etcd = RealEtcd.start(release);
    proxy = FaultyProxy.to("127.0.0.1", etcd.port());
    operator = Operator.at(etcd.endpoint());
  }

  @Override
  public FaultyProxy proxy() {
    return proxy;
  }

  @Override
  public EtcdRegistry registry(UnaryOperator<EtcdRegistryBuilder> settings) {
    return registryAt("http://" + proxy.authority(), settings);
  }

  @Override
  public String endpoint() {
    return etcd.endpoint();
  }

  @Override
  public EtcdRegistry direct() {
    return registryAt(etcd.endpoint(), builder -> builder);
  }

  private EtcdRegistry registryAt(String endpoint, UnaryOperator<EtcdRegistryBuilder> settings) {
    EtcdRegistryBuilder builder = EtcdRegistry.builder().endpoints(endpoint).timeouts(TIMING);
    EtcdRegistry registry = settings.apply(builder).connect();
    registries.add(registry);
    return registry;
  }

  @Override
  public Duration ttl() {
    return TIMING.ttl();
  }

  @Override
  public Duration grace() {
    return TIMING.selfPreservationGrace();
  }

  @Override
  public Duration silence() {
    return TIMING.maxSilence();
  }

  @Override
  public void soon(String what, BooleanSupplier condition) {
    RealTime.soon(what, condition);
  }

  @Override
  public Duration within(Duration bound, String what, BooleanSupplier condition) {
    return RealTime.within(bound, what, condition);
  }

  @Override
  public void pass(Duration duration) {
    RealTime.pass(duration);
  }

  @Override
  public void expectSilence(boolean expected) {}

  @Override
  public void stopEtcd() {
    etcd.kill();
  }

  @Override
  public void restartEtcd() {
    etcd.restart();
    reconnect();
  }

  @Override
  public void wipeEtcd() {
    etcd.wipe();
    reconnect();
  }

  /** The operator's client must not wait for its own back-off. */
  private void reconnect() {
    operator.close();
    operator = Operator.at(etcd.endpoint());
  }

  @Override
  public void put(String key, String value) {
    operator.put(key, value);
  }

  @Override
  public void delete(String key) {
    operator.delete(key);
  }

  @Override
  public String get(String key) {
    return operator.get(key);
  }

  @Override
  public void revokeLeases() {
    operator.leases().forEach(operator::revoke);
  }

  @Override
  public int leases() {
    return operator.leases().size();
  }

  @Override
  public void compact() {
    operator.compact();
  }

  /** A real etcd does not end streams on demand; their connection does. */
  @Override
  public void cutStreams() {
    proxy.cut();
  }

  @Override
  public void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new AssertionError("cannot close " + closeable, e);
    }
  }

  @Override
  public void close() {
    proxy.heal();
    registries.forEach(EtcdRegistry::close);
    proxy.close();
    operator.close();
    etcd.close();
  }
}
