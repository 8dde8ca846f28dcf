package io.fairlead.registry.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.RealEtcd;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * A real etcd, in real time. Bounds are ceilings of three times, and the figure is printed; a
 * machine that is busy with other things is given the patience in any case.
 */
final class RealWorld implements World {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int CEILING = 3;

  private final RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED);
  private final FaultyProxy proxy = FaultyProxy.to("127.0.0.1", etcd.port());
  private final List<EtcdRegistry> registries = new ArrayList<>();
  private Client operator = connect();

  private Client connect() {
    return Client.builder().endpoints(etcd.endpoint()).build();
  }

  @Override
  public FaultyProxy proxy() {
    return proxy;
  }

  @Override
  public EtcdRegistry registry(UnaryOperator<EtcdRegistryBuilder> settings) {
    String endpoint = "http://" + proxy.authority();
    EtcdRegistryBuilder builder =
        EtcdRegistry.builder()
            .endpoints(endpoint)
            .connector(
                new NettyConnector(
                    List.of(EtcdEndpoint.parse(endpoint)), null, null, Duration.ofSeconds(1)))
            .ttl(ttl())
            .grace(grace());
    EtcdRegistry registry = settings.apply(builder).connect();
    registries.add(registry);
    return registry;
  }

  @Override
  public Duration ttl() {
    return Duration.ofSeconds(3);
  }

  @Override
  public Duration grace() {
    return Duration.ofSeconds(4);
  }

  @Override
  public void soon(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  @Override
  public Duration within(Duration bound, String what, BooleanSupplier condition) {
    Duration ceiling = bound.multipliedBy(CEILING);
    Duration took = await(what, ceiling.compareTo(PATIENCE) > 0 ? ceiling : PATIENCE, condition);
    System.out.printf(
        "%s: %d ms, meant to be within %d ms%s%n",
        what,
        took.toMillis(),
        bound.toMillis(),
        took.compareTo(ceiling) > 0 ? ", MORE THAN THREE TIMES THAT" : "");
    return took;
  }

  private Duration await(String what, Duration limit, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > limit.toNanos()) {
        throw new AssertionError("not within " + limit + ": " + what);
      }
      LockSupport.parkNanos(2_000_000);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Override
  public void pass(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
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
    operator = connect();
  }

  @Override
  public void put(String key, String value) {
    get(operator.getKVClient().put(bytes(key), bytes(value)));
  }

  @Override
  public void delete(String key) {
    get(operator.getKVClient().delete(bytes(key)));
  }

  @Override
  public String get(String key) {
    List<KeyValue> found = get(operator.getKVClient().get(bytes(key))).getKvs();
    return found.isEmpty() ? "" : found.get(0).getValue().toString(StandardCharsets.UTF_8);
  }

  @Override
  public void revokeLeases() {
    for (KeyValue kv : all()) {
      if (kv.getLease() != 0) {
        get(operator.getLeaseClient().revoke(kv.getLease()));
      }
    }
  }

  @Override
  public int leases() {
    return (int)
        all().stream().mapToLong(KeyValue::getLease).filter(id -> id != 0).distinct().count();
  }

  private List<KeyValue> all() {
    ByteSequence first = ByteSequence.from(new byte[1]);
    return get(operator
            .getKVClient()
            .get(first, io.etcd.jetcd.options.GetOption.builder().withRange(first).build()))
        .getKvs();
  }

  @Override
  public void compact() {
    long revision = get(operator.getKVClient().get(bytes("none"))).getHeader().getRevision();
    get(operator.getKVClient().compact(revision));
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

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(20, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the operator's request failed", e);
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
