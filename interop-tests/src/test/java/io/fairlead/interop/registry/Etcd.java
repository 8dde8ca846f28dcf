package io.fairlead.interop.registry;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.KeyLayout;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.time.Duration;
import java.util.UUID;

/** A real etcd with a registry of ours on it, and a service name of its own for each test. */
final class Etcd implements AutoCloseable {
  /** Shorter than the usual one, for tests that wait for it. */
  static final Duration GRACE = Duration.ofSeconds(3);

  private final RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED);
  private final EtcdRegistry registry;

  private Etcd(KeyLayout keyLayout) {
    registry =
        EtcdRegistry.builder().endpoints(etcd.endpoint()).layout(keyLayout).grace(GRACE).connect();
  }

  static Etcd with(KeyLayout keyLayout) {
    return new Etcd(keyLayout);
  }

  EtcdRegistry registry() {
    return registry;
  }

  /** {@code host:port}, as programs of Go want it. */
  String address() {
    return etcd.address();
  }

  static String newService() {
    return "depot-" + UUID.randomUUID();
  }

  /** A server of ours, registered under that name; answers in its own. */
  OurDepot serve(String service, String name) {
    return OurDepot.start(
        service,
        name,
        builder -> builder.registry(registry).advertise("127.0.0.1").allowLoopback());
  }

  /** A channel of ours that finds servers there. */
  RpcChannel channel(String service) {
    return RpcChannel.to("etcd:///" + service).registry(registry).build();
  }

  /** An entry of ours without a server behind it. */
  Registration enter(String service, String id, int port) {
    return registry.register(service, Endpoint.of(id, "127.0.0.1", port));
  }

  @Override
  public void close() {
    registry.close();
    etcd.close();
  }
}
