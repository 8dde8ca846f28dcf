package io.fairlead.registry.etcd;

import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.FaultyProxy.Direction;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * An embedded etcd and registries on it, in virtual time: the clock stands still while a request to
 * etcd has no answer, and while a registry has not seen the end of a stream or a connection. An
 * event that etcd sends unasked is waited for with {@link #soon}, without moving the clock.
 */
final class EmbeddedWorld implements World {
  /** Real time for things that need no virtual time; generous, for a slow machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration STEP = Duration.ofMillis(50);

  /** After this many steps in which nothing moved, steps grow. */
  private static final int QUIET_STEPS = 40;

  private static final Duration LONG_STEP = Duration.ofSeconds(1);

  private final ManualClock clock = ManualClock.create();
  private final SplittableRandom random;
  private final List<VirtualLoop> loops = new ArrayList<>();
  private final List<CountingConnector> connectors = new ArrayList<>();
  private final List<EtcdRegistry> registries = new ArrayList<>();
  private final EmbeddedEtcd etcd;
  private final FaultyProxy proxy;
  private final List<String> proxied;
  private boolean silence;
  private Duration wallJump = Duration.ZERO;

  EmbeddedWorld() {
    this(1);
  }

  EmbeddedWorld(long seed) {
    random = new SplittableRandom(seed);
    etcd = EmbeddedEtcd.builder().clock(clock::nanoTime, clock.scheduler()).start();
    proxy = FaultyProxy.to("127.0.0.1", etcd.port());
    proxied = List.of("http://" + proxy.authority());
  }

  EmbeddedEtcd etcd() {
    return etcd;
  }

  ManualClock clock() {
    return clock;
  }

  @Override
  public FaultyProxy proxy() {
    return proxy;
  }

  @Override
  public EtcdRegistry registry(UnaryOperator<EtcdRegistryBuilder> settings) {
    return registryAt(proxied.get(0), settings);
  }

  @Override
  public Duration ttl() {
    return EtcdTimeouts.DEFAULT.ttl();
  }

  @Override
  public Duration grace() {
    return EtcdTimeouts.DEFAULT.selfPreservationGrace();
  }

  @Override
  public Duration silence() {
    return EtcdTimeouts.DEFAULT.maxSilence();
  }

  @Override
  public void stopEtcd() {
    etcd.faults().stop();
  }

  @Override
  public void restartEtcd() {
    etcd.faults().restart();
  }

  @Override
  public void wipeEtcd() {
    etcd.faults().wipe();
  }

  @Override
  public void put(String key, String value) {
    etcd.put(key, value);
  }

  @Override
  public void delete(String key) {
    etcd.delete(key);
  }

  @Override
  public String get(String key) {
    return etcd.get(key).orElse("");
  }

  @Override
  public void revokeLeases() {
    etcd.leases().forEach(etcd::revokeLease);
  }

  @Override
  public void compact() {
    // A revision can be compacted once only.
    etcd.put("unrelated", "");
    etcd.compact();
  }

  @Override
  public int leases() {
    return etcd.leases().size();
  }

  /** Sets the wall clock, and it alone. */
  void jump(Duration by) {
    wallJump = wallJump.plus(by);
  }

  /** The loop of the registry that was opened as this one, to pause it. */
  VirtualLoop loop(int index) {
    return loops.get(index);
  }

  @Override
  public String endpoint() {
    return etcd.endpoint();
  }

  @Override
  public EtcdRegistry direct() {
    return registryAt(etcd.endpoint(), builder -> builder);
  }

  EtcdRegistry registryAt(String endpoints, UnaryOperator<EtcdRegistryBuilder> settings) {
    VirtualLoop loop = new VirtualLoop(clock);
    List<EtcdEndpoint> parsed =
        java.util.Arrays.stream(endpoints.split(",", -1)).map(EtcdEndpoint::parse).toList();
    CountingConnector connector = new CountingConnector(new NettyConnector(parsed, null, null));
    loops.add(loop);
    connectors.add(connector);
    EtcdRegistryBuilder builder =
        EtcdRegistry.builder()
            .endpoints(endpoints.split(",", -1))
            .eventLoop(loop)
            .connector(connector)
            .clock(() -> clock.instant().plus(wallJump))
            .random(random.split());
    EtcdRegistry registry = settings.apply(builder).connect();
    registries.add(registry);
    return registry;
  }

  /** From now on questions may stay without an answer, and time goes on all the same. */
  @Override
  public void expectSilence(boolean expected) {
    // An answer that is on its way would be heard late, by a clock that no longer waits for it.
    settle();
    silence = expected;
  }

  /** Waits in real time, with the clock standing still. */
  @Override
  public void soon(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      drain();
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not " + what + " at " + clock.elapsed() + ": " + this);
      }
      LockSupport.parkNanos(200_000);
    }
    drain();
  }

  /** Moves time until it is so, and returns how much that took; fails if it is more than this. */
  @Override
  public Duration within(Duration limit, String what, BooleanSupplier condition) {
    Duration start = clock.elapsed();
    Traffic heard = traffic();
    int quiet = 0;
    settle();
    while (!condition.getAsBoolean()) {
      Duration left = limit.minus(clock.elapsed().minus(start));
      if (left.isZero()) {
        soon(what + " within " + limit, condition);
        break;
      }
      // Small steps: what comes unasked comes in real time, before much virtual time has passed.
      Duration most = quiet > QUIET_STEPS && !silence ? LONG_STEP : STEP;
      step(left.compareTo(most) < 0 ? left : most);
      breathe(condition);
      Traffic now = traffic();
      quiet = now.equals(heard) ? quiet + 1 : 0;
      heard = now;
    }
    return clock.elapsed().minus(start);
  }

  /** Moves time, no faster than etcd answers. */
  @Override
  public void pass(Duration duration) {
    Duration end = clock.elapsed().plus(duration);
    settle();
    while (clock.elapsed().compareTo(end) < 0) {
      step(end.minus(clock.elapsed()));
    }
  }

  private void step(Duration most) {
    Duration next = clock.scheduler().pendingDelays().stream().findFirst().orElse(most);
    Duration by = next.isNegative() ? Duration.ZERO : next;
    clock.advance(by.compareTo(most) < 0 ? by : most);
    settle();
  }

  /** Lets come what comes unasked; a bound that is reached before is waited for by soon. */
  private void breathe(BooleanSupplier condition) {
    Traffic heard = traffic();
    for (int i = 0, still = 0; i < 20 && still < 5 && !condition.getAsBoolean(); i++) {
      LockSupport.parkNanos(500_000);
      settle();
      Traffic now = traffic();
      still = now.equals(heard) ? still + 1 : 0;
      heard = now;
    }
  }

  /** Grows or changes with whatever moves between etcd and the registries. */
  private record Traffic(long revision, int streams, int channels, int accepted, long bytes) {}

  private Traffic traffic() {
    return new Traffic(
        etcd.revision(),
        etcd.faults().openStreams(),
        connectors.stream().mapToInt(CountingConnector::channels).sum(),
        proxy.accepted(),
        proxy.bytes(Direction.TO_CLIENT) + proxy.bytes(Direction.TO_SERVER));
  }

  /** Waits until every request is answered, every end seen, and every loop idle. */
  void settle() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    do {
      drain();
      if (silence) {
        LockSupport.parkNanos(300_000);
        drain();
        return;
      }
      if (inTransit()) {
        LockSupport.parkNanos(50_000);
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("still on its way: " + this);
      }
    } while (inTransit());
    drain();
    if (inTransit()) {
      settle();
    }
  }

  /** An answer, or the end of a stream or of a connection, has not arrived yet. */
  private boolean inTransit() {
    return unanswered() > 0
        || connectors.stream().mapToInt(CountingConnector::streams).sum()
            > etcd.faults().openStreams()
        || connectors.stream()
                .filter(connector -> connector.endpoints().equals(proxied))
                .mapToInt(CountingConnector::connections)
                .sum()
            > proxy.connections();
  }

  private int unanswered() {
    return connectors.stream().mapToInt(CountingConnector::unanswered).sum();
  }

  private void drain() {
    loops.forEach(VirtualLoop::drain);
  }

  @Override
  public void cutStreams() {
    etcd.faults().cutStreams();
  }

  @Override
  public void close(AutoCloseable closeable) {
    Thread closer =
        new Thread(
            () -> {
              try {
                closeable.close();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            "closer");
    closer.start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (closer.isAlive()) {
      LockSupport.parkNanos(1_000_000);
      if (closer.isAlive()) {
        step(Duration.ofMillis(20));
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("does not close: " + closeable);
      }
    }
  }

  @Override
  public void close() {
    silence = true;
    proxy.heal();
    registries.forEach(this::close);
    proxy.close();
    etcd.close();
  }

  @Override
  public String toString() {
    return etcd
        + " revision "
        + etcd.revision()
        + ", "
        + clock.scheduler().pendingTasks()
        + " timers, unanswered "
        + unanswered()
        + ", streams "
        + connectors.stream().map(CountingConnector::streams).toList()
        + " of "
        + etcd.faults().openStreams()
        + ", connections "
        + connectors.stream().map(CountingConnector::connections).toList()
        + " of "
        + proxy.connections();
  }
}
