package io.fairlead.registry.etcd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.discovery.Resolution.Freshness;
import io.fairlead.testkit.EtcdCluster;
import io.fairlead.testkit.EtcdRelease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What must hold when a cluster of three members is in trouble, in real time. All tests use one
 * cluster, which is whole again after each; each test has a service of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClusterFaultTableIT {
  private static final Duration BACK = Duration.ofSeconds(2);

  /** A cluster without a leader has a new one after an election timeout or two of a second. */
  private static final Duration ELECTION = Duration.ofSeconds(3);

  /** Short times, so that tests are quick. */
  private static final EtcdTimeouts TIMING =
      EtcdTimeouts.DEFAULT
          .withTtl(Duration.ofSeconds(4))
          .withSelfPreservationGrace(Duration.ofSeconds(10))
          .withProbeInterval(Duration.ofSeconds(1))
          .withRequestTimeout(Duration.ofSeconds(2));

  private final List<EtcdRegistry> registries = new ArrayList<>();
  private final AtomicInteger tests = new AtomicInteger();
  private EtcdCluster cluster;
  private String service = "";

  @BeforeAll
  void startCluster() {
    cluster = EtcdCluster.start(EtcdRelease.BUILT);
  }

  @AfterAll
  void stopCluster() {
    // Nothing was started where etcd is missing, and the tests were skipped.
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void nextService() {
    service = "shop" + tests.incrementAndGet();
  }

  @AfterEach
  void mend() {
    cluster.heal();
    registries.forEach(EtcdRegistry::close);
    registries.clear();
  }

  /** A registry that knows all members. */
  private EtcdRegistry registry() {
    return registryAt(cluster.endpoints().toArray(String[]::new));
  }

  private EtcdRegistry registryAt(String... endpoints) {
    EtcdRegistry registry = EtcdRegistry.builder().endpoints(endpoints).timeouts(TIMING).connect();
    registries.add(registry);
    return registry;
  }

  private Registration registered(EtcdRegistry registry, String id) {
    Registration registration = registry.register(service, Endpoints.of(id));
    RealTime.soon(id + " registered", () -> World.is(registration, State.REGISTERED));
    return registration;
  }

  private RecordedResolutions watched(EtcdRegistry registry) {
    RecordedResolutions resolutions = new RecordedResolutions();
    registry.watch(service, resolutions);
    RealTime.soon("first answer", resolutions::any);
    return resolutions;
  }

  private int memberOf(EtcdRegistry registry) {
    // From one and the same report: the link may be lost between two.
    AtomicReference<Optional<String>> endpoint = new AtomicReference<>(Optional.empty());
    RealTime.soon(
        "linked",
        () -> {
          RegistryHealth health = registry.health();
          endpoint.set(health.endpoint());
          return health.linked() && health.endpoint().isPresent();
        });
    return cluster.memberAt(requireNonNull(endpoint.get()).orElseThrow());
  }

  private static void seen(Duration bound, RecordedResolutions resolutions, String... ids) {
    RealTime.within(
        bound,
        List.of(ids) + " seen",
        () -> resolutions.bound(Freshness.CURRENT) && resolutions.ids().equals(List.of(ids)));
  }

  private static List<State> states(Registration registration) {
    return registration.history().stream().map(Status::state).toList();
  }

  private static void neverWithout(RecordedResolutions resolutions, int from, String id) {
    assertThat(resolutions.all().stream().skip(from).map(RecordedResolutions::ids))
        .allSatisfy(list -> assertThat(list).contains(id));
  }

  @Test
  void theLeaderIsKilled() {
    EtcdRegistry server = registry();
    Registration registration = registered(server, "a");
    RecordedResolutions resolutions = watched(registry());
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    cluster.kill(cluster.leader());
    cluster.leader();
    Registration second = registered(registry(), "b");
    seen(ELECTION.plus(BACK), resolutions, "a", "b");
    RealTime.pass(TIMING.ttl());
    assertThat(states(registration)).containsExactly(State.REGISTERING, State.REGISTERED);
    assertThat(World.is(second, State.REGISTERED)).isTrue();
    neverWithout(resolutions, from, "a");
  }

  @Test
  void theWatchedMemberIsStopped() {
    EtcdRegistry client = registry();
    RecordedResolutions resolutions = watched(client);
    int member = memberOf(client);
    EtcdRegistry server = registryAt(cluster.endpoint((member + 1) % cluster.size()));
    registered(server, "a");
    seen(BACK, resolutions, "a");
    cluster.pause(member);
    registered(server, "b");
    seen(TIMING.maxSilence().plus(ELECTION).plus(BACK), resolutions, "a", "b");
    assertThat(memberOf(client)).isNotEqualTo(member);
  }

  @Test
  void theMemberInUseIsCutOffFromTheOthers() {
    EtcdRegistry client = registry();
    Registration registration = registered(client, "a");
    RecordedResolutions resolutions = watched(client);
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    int member = memberOf(client);
    cluster.isolate(member);
    // While it moves, it has no endpoint.
    RealTime.within(
        TIMING.maxSilence().plus(ELECTION),
        "moved",
        () ->
            client.health().endpoint().stream()
                .anyMatch(endpoint -> cluster.memberAt(endpoint) != member));
    registered(registryAt(cluster.endpoint((member + 1) % cluster.size())), "b");
    seen(ELECTION.plus(BACK), resolutions, "a", "b");
    assertThat(states(registration)).containsExactly(State.REGISTERING, State.REGISTERED);
    neverWithout(resolutions, from, "a");
  }

  @Test
  void clientsOnEitherSideOfACut() {
    int member = (cluster.leader() + 1) % cluster.size();
    EtcdRegistry inside = registryAt(cluster.endpoint(cluster.leader()));
    EtcdRegistry outside = registryAt(cluster.endpoint(member));
    RecordedResolutions current = watched(inside);
    RecordedResolutions old = watched(outside);
    registered(inside, "a");
    seen(BACK, current, "a");
    seen(BACK, old, "a");
    int from = old.all().size() - 1;
    cluster.isolate(member);
    RealTime.within(
        TIMING.maxSilence().plus(ELECTION), "said so", () -> old.bound(Freshness.STALE));
    registered(inside, "b");
    seen(BACK, current, "a", "b");
    assertThat(old.ids()).containsExactly("a");
    assertThat(outside.health().lastError().orElseThrow()).contains(cluster.endpoint(member));
    cluster.heal();
    seen(ELECTION.plus(BACK), old, "a", "b");
    neverWithout(old, from, "a");
  }

  @Test
  void thereIsNoQuorum() {
    EtcdRegistry server = registry();
    Registration registration = registered(server, "a");
    RecordedResolutions resolutions = watched(registry());
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    int left = cluster.leader();
    cluster.kill((left + 1) % cluster.size());
    cluster.kill((left + 2) % cluster.size());
    RealTime.within(
        TIMING.ttl().plusSeconds(1), "given up", () -> World.is(registration, State.LOST));
    RealTime.within(
        TIMING.maxSilence().plus(BACK), "said so", () -> resolutions.bound(Freshness.STALE));
    assertThat(server.health().linked()).isFalse();
    cluster.heal();
    RealTime.within(
        ELECTION.plus(BACK), "registered again", () -> World.is(registration, State.REGISTERED));
    seen(ELECTION.plus(BACK), resolutions, "a");
    neverWithout(resolutions, from, "a");
  }

  @Test
  void allMembersAreCompactedAndDefragmented() {
    Registration registration = registered(registry(), "a");
    RecordedResolutions resolutions = watched(registry());
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    cluster.compact();
    for (int i = 0; i < cluster.size(); i++) {
      cluster.defragment(i);
    }
    registered(registry(), "b");
    seen(BACK, resolutions, "a", "b");
    assertThat(states(registration)).containsExactly(State.REGISTERING, State.REGISTERED);
    neverWithout(resolutions, from, "a");
  }

  @Test
  void aMemberLosesItsDataAndJoinsAgain() {
    EtcdRegistry client = registry();
    Registration registration = registered(client, "a");
    RecordedResolutions resolutions = watched(client);
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    cluster.replace(memberOf(client));
    registered(registry(), "b");
    seen(ELECTION.plus(BACK), resolutions, "a", "b");
    assertThat(client.health().watches().get(0).replacements()).isZero();
    assertThat(states(registration)).containsExactly(State.REGISTERING, State.REGISTERED);
    neverWithout(resolutions, from, "a");
  }

  @Test
  void theClusterIsRestoredFromAnOlderSnapshot() {
    cluster.backUp();
    EtcdRegistry server = registry();
    Registration registration = registered(server, "a");
    EtcdRegistry client = registry();
    RecordedResolutions resolutions = watched(client);
    seen(BACK, resolutions, "a");
    int from = resolutions.all().size() - 1;
    cluster.restore();
    cluster.leader();
    RealTime.within(
        Duration.ofSeconds(5),
        "registered again and seen",
        () ->
            client.health().watches().get(0).replacements() > 0
                && World.is(registration, State.REGISTERED)
                && resolutions.bound(Freshness.CURRENT));
    assertThat(resolutions.ids()).containsExactly("a");
    neverWithout(resolutions, from, "a");
  }
}
