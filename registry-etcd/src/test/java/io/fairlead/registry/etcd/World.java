package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registration;
import io.fairlead.testkit.FaultyProxy;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** An etcd to be broken, behind a proxy to be broken, with registries on it; virtual or real. */
interface World extends AutoCloseable {

  /** Between the registries and etcd. */
  FaultyProxy proxy();

  /** A registry with the settings that suit this world. */
  EtcdRegistry registry(UnaryOperator<EtcdRegistryBuilder> settings);

  /** The endpoint of etcd itself, without the proxy. */
  String endpoint();

  /** A registry that no fault of the proxy reaches. */
  EtcdRegistry direct();

  default EtcdRegistry registry() {
    return registry(builder -> builder);
  }

  Duration ttl();

  Duration grace();

  /** How long a connection whose packets vanish may go unnoticed. */
  Duration silence();

  /** Until it is so, with no need for time to pass. */
  void soon(String what, BooleanSupplier condition);

  /** Until it is so; fails beyond the bound of virtual time, or three times that of real time. */
  Duration within(Duration bound, String what, BooleanSupplier condition);

  /** Lets time pass. */
  void pass(Duration duration);

  /** From now on, or no longer, questions to etcd stay without an answer. */
  void expectSilence(boolean expected);

  void stopEtcd();

  void restartEtcd();

  void wipeEtcd();

  void put(String key, String value);

  void delete(String key);

  /** The value of a key, or an empty text. */
  String get(String key);

  /** Ends every lease there is. */
  void revokeLeases();

  void compact();

  /** Ends the streams that are open; connections may stay. */
  void cutStreams();

  /** Closes something that may need time to pass. */
  void close(AutoCloseable closeable);

  /** How many leases there are. */
  int leases();

  @Override
  void close();

  default Registration registered(EtcdRegistry registry, String service, String id) {
    Registration registration = registry.register(service, Endpoints.of(id));
    soon(id + " registered", () -> is(registration, Registration.State.REGISTERED));
    return registration;
  }

  default RecordedResolutions watched(EtcdRegistry registry, String service) {
    RecordedResolutions recordedResolutions = new RecordedResolutions();
    registry.watch(service, recordedResolutions);
    return recordedResolutions;
  }

  static boolean is(Registration registration, Registration.State state) {
    return registration.status().state() == state;
  }

  /** What a stock writer puts for an instance. */
  static String entry(int port) {
    return "{\"Op\":0,\"Addr\":\"10.0.0.1:" + port + "\",\"Metadata\":null}";
  }
}
