package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Resolution.Freshness;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fault table on the embedded etcd, in virtual time. */
final class EmbeddedFaultTableTest extends FaultTableContract {
  @Override
  World open() {
    return new EmbeddedWorld();
  }

  private EmbeddedWorld embedded() {
    return (EmbeddedWorld) world();
  }

  @ParameterizedTest
  @CsvSource({
    "0, UNAVAILABLE",
    "0, OK",
    "0, INTERNAL",
    "1, UNAVAILABLE",
    "1, OK",
    "2, UNAVAILABLE",
    "2, OK",
    "3, OK",
    "2, CANCELLED",
    "1, UNKNOWN"
  })
  void theServerEndsTheWatchAfterSomeResponses(int responses, Status.Code code) {
    EtcdRegistry client = embedded().registry();
    embedded().etcd().faults().cutNextWatch(responses, Status.fromCode(code));
    RecordedResolutions recordedResolutions = embedded().watched(client, "shop");
    embedded().soon("first answer", recordedResolutions::any);
    for (int i = 0; i < 20; i++) {
      embedded().etcd().put("shop/" + (10 + i), World.entry(1 + i));
    }
    embedded()
        .within(Duration.ofSeconds(2), "all seen", () -> recordedResolutions.ids().size() == 20);
    embedded().etcd().put("shop/99", World.entry(99));
    embedded()
        .within(
            Duration.ofSeconds(2), "the last seen", () -> recordedResolutions.ids().size() == 21);
  }

  @Test
  void tenMinutesWithoutEtcdUnderLoadFailNoCall() {
    EtcdRegistry registry = embedded().registry();
    RecordedResolutions recordedResolutions = embedded().watched(registry, "shop");
    try (RpcServer first = Ping.server(registry, "a");
        RpcServer second = Ping.server(registry, "b");
        RpcChannel channel = RpcChannel.to("etcd:///shop").registry(registry).build();
        HealthLoad load = HealthLoad.start(channel)) {
      embedded()
          .soon(
              "both seen",
              () ->
                  recordedResolutions.bound(Freshness.CURRENT)
                      && recordedResolutions.ids().size() == 2);
      load.awaitMore(100);
      int from = recordedResolutions.all().size() - 1;
      embedded().stopEtcd();
      embedded().soon("loss noticed", () -> !registry.health().linked());
      for (int minute = 0; minute < 10; minute++) {
        embedded().pass(Duration.ofMinutes(1));
        load.awaitMore(50);
      }
      assertThat(load.failures()).isEmpty();
      assertThat(recordedResolutions.all().stream().skip(from).map(RecordedResolutions::ids))
          .containsOnly(List.of("a", "b"));
      RegistryHealth health = registry.health();
      assertThat(health.linked()).isFalse();
      assertThat(health.lastError().orElseThrow()).contains(embedded().proxy().authority());
      assertThat(health.watches().get(0).age())
          .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
      assertThat(health.watches().get(0).freshness()).contains(Freshness.STALE);
      embedded().restartEtcd();
      embedded()
          .within(
              Duration.ofSeconds(2), "current", () -> recordedResolutions.bound(Freshness.CURRENT));
      embedded()
          .within(
              Duration.ofSeconds(2),
              "registered again",
              () ->
                  World.is(first.registration().orElseThrow(), State.REGISTERED)
                      && World.is(second.registration().orElseThrow(), State.REGISTERED));
      load.awaitMore(50);
      assertThat(load.failures()).isEmpty();
      assertThat(recordedResolutions.ids()).containsExactly("a", "b");
    }
  }

  @Test
  void gracePeriodRunsToItsEnd() {
    RecordedResolutions recordedResolutions = embedded().watched(embedded().registry(), "shop");
    embedded().put("shop/a", World.entry(1));
    embedded().soon("a seen", () -> recordedResolutions.ids().equals(List.of("a")));
    embedded().delete("shop/a");
    embedded().soon("preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    embedded().pass(embedded().grace().minusMillis(1));
    assertThat(recordedResolutions.bound(Freshness.PRESERVED)).isTrue();
    assertThat(recordedResolutions.ids()).containsExactly("a");
    embedded().pass(Duration.ofMillis(1));
    embedded().soon("accepted", recordedResolutions::absent);
  }

  /** The disk is asked first, so that the observer never sees an empty list. */
  @Test
  void emptyEtcdAtStartDoesNotReplaceTheSnapshot(@TempDir Path directory) {
    RecordedResolutions before =
        embedded().watched(embedded().registry(builder -> builder.snapshots(directory)), "shop");
    embedded().put("shop/a", World.entry(1));
    embedded().soon("a seen", () -> before.ids().equals(List.of("a")));
    embedded().soon("a saved", () -> SnapshotFilesTest.hasSaved(directory, "shop", 1));
    embedded().delete("shop/a");
    embedded().soon("preserved", () -> before.bound(Freshness.PRESERVED));
    RecordedResolutions recordedResolutions =
        embedded().watched(embedded().registry(builder -> builder.snapshots(directory)), "shop");
    embedded()
        .soon("preserved from the start", () -> recordedResolutions.bound(Freshness.PRESERVED));
    assertThat(recordedResolutions.ids()).containsExactly("a");
    assertThat(recordedResolutions.all()).noneMatch(Resolution.Absent.class::isInstance);
    embedded().within(embedded().grace().plusSeconds(1), "accepted", recordedResolutions::absent);
  }

  @Test
  void snapshotAgeIsReported(@TempDir Path directory) {
    EtcdRegistry first = embedded().registry(builder -> builder.snapshots(directory));
    RecordedResolutions before = embedded().watched(first, "shop");
    embedded().put("shop/a", World.entry(1));
    embedded().soon("a seen", () -> before.ids().equals(List.of("a")));
    embedded().soon("a saved", () -> SnapshotFilesTest.hasSaved(directory, "shop", 1));
    long revision = embedded().etcd().revision();
    embedded().stopEtcd();
    embedded().pass(Duration.ofHours(1));
    EtcdRegistry second = embedded().registry(builder -> builder.snapshots(directory));
    RecordedResolutions recordedResolutions = embedded().watched(second, "shop");
    embedded()
        .within(
            Duration.ofSeconds(2), "restored", () -> recordedResolutions.bound(Freshness.RESTORED));
    WatchHealth health = second.health().watches().get(0);
    assertThat(health.freshness()).contains(Freshness.RESTORED);
    assertThat(health.age()).isBetween(Duration.ofMinutes(59), Duration.ofMinutes(61));
    assertThat(health.revision()).isEqualTo(revision);
    embedded().restartEtcd();
    embedded()
        .within(
            Duration.ofSeconds(2), "current", () -> recordedResolutions.bound(Freshness.CURRENT));
    assertThat(second.health().watches().get(0).age()).isZero();
  }

  @Test
  void healthIsReportedAsGaugesToo() {
    EtcdRegistry registry = embedded().registry();
    embedded().registered(registry, "shop", "a");
    RecordedResolutions recordedResolutions = embedded().watched(registry, "shop");
    embedded().soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
    embedded().pass(Duration.ofSeconds(60));
    assertThat(gauge(registry, "linked", "")).isEqualTo(1);
    assertThat(gauge(registry, "link.age.seconds", "")).isGreaterThanOrEqualTo(60);
    assertThat(gauge(registry, "lease.remaining.seconds", "")).isBetween(5.0, 15.0);
    assertThat(gauge(registry, "registration.registered", "a")).isEqualTo(1);
    assertThat(gauge(registry, "registration.since.epoch.seconds", "a"))
        .isEqualTo(
            (double) registry.health().registrations().get(0).status().since().getEpochSecond());
    assertThat(gauge(registry, "watch.endpoints", "")).isEqualTo(1);
    assertThat(gauge(registry, "watch.revision", ""))
        .isEqualTo((double) embedded().etcd().revision());

    embedded().stopEtcd();
    embedded().soon("loss noticed", () -> !registry.health().linked());
    embedded().pass(Duration.ofSeconds(60));
    assertThat(gauge(registry, "linked", "")).isZero();
    assertThat(gauge(registry, "link.losses", "")).isEqualTo(1);
    assertThat(gauge(registry, "lease.remaining.seconds", "")).isZero();
    assertThat(gauge(registry, "lease.losses", "")).isEqualTo(1);
    assertThat(gauge(registry, "registration.registered", "a")).isZero();
    assertThat(gauge(registry, "watch.age.seconds", "")).isBetween(55.0, 65.0);

    embedded().restartEtcd();
    embedded()
        .within(
            Duration.ofSeconds(2), "current", () -> recordedResolutions.bound(Freshness.CURRENT));
    assertThat(gauge(registry, "watch.relists", "")).isEqualTo(1);
    embedded().put("shop/b", World.entry(2));
    embedded().soon("b seen", () -> recordedResolutions.ids().size() == 2);
    embedded().delete("shop/a");
    embedded().delete("shop/b");
    embedded().soon("preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    assertThat(gauge(registry, "watch.preserved", "")).isEqualTo(1);
    assertThat(gauge(registry, "watch.preservations", "")).isEqualTo(1);
    assertThat(gauge(registry, "watch.missing", "")).isEqualTo(2);
  }

  /** The one with this name, of the endpoint with this id if one is given. */
  private static double gauge(EtcdRegistry registry, String name, String id) {
    List<RegistryGauge> found =
        registry.health().gauges().stream()
            .filter(one -> one.name().equals("fairlead.registry." + name))
            .filter(one -> id.isEmpty() || one.labels().equals(Map.of("service", "shop", "id", id)))
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0).value();
  }

  /** Renewals and verifications go on all the time and change nothing, so they log nothing. */
  @Test
  void thereIsOneLogLineForEachChangeAndNoneForATick() {
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      EtcdRegistry registry = embedded().registry();
      Registration registration = embedded().registered(registry, "quiet", "a");
      RecordedResolutions recordedResolutions = embedded().watched(registry, "quiet");
      embedded().soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
      embedded().pass(Duration.ofMinutes(10));
      String endpoint = embedded().proxy().authority();
      assertThat(log.with("quiet")).hasSize(1);
      assertThat(log.with(endpoint)).hasSize(1);

      embedded().stopEtcd();
      embedded().soon("loss noticed", () -> !registry.health().linked());
      embedded().pass(Duration.ofMinutes(10));
      embedded().restartEtcd();
      embedded()
          .within(
              Duration.ofSeconds(2),
              "back",
              () ->
                  recordedResolutions.bound(Freshness.CURRENT)
                      && World.is(registration, State.REGISTERED));
      assertThat(log.with("etcd key quiet/a"))
          .extracting(line -> line.replaceAll(".*quiet/a: (\\w+): .*", "$1"))
          .containsExactly("REGISTERED", "LOST", "REGISTERED");
      assertThat(log.with("service quiet")).hasSize(2);
      assertThat(log.with(endpoint + ": link up")).hasSize(2);
      assertThat(log.with("link down: etcd at http://" + endpoint))
          .hasSizeBetween(1, 2)
          .doesNotHaveDuplicates()
          .allSatisfy(line -> assertThat(line).contains("; will try again within 1s"));
    }
  }

  @Test
  void aPausedProcessRegistersAgain() {
    EtcdRegistry server = embedded().registry();
    Registration registration = embedded().registered(server, "shop", "a");
    Runnable resume = embedded().loop(0).pause();
    embedded().expectSilence(true);
    embedded().pass(Duration.ofMinutes(1));
    assertThat(embedded().get("shop/a")).isEmpty();
    resume.run();
    embedded().expectSilence(false);
    embedded().within(Duration.ofSeconds(2), "back", () -> !embedded().get("shop/a").isEmpty());
    embedded().soon("registered", () -> World.is(registration, State.REGISTERED));
  }

  @Test
  void aPausedExclusiveHolderFindsOutAtOnce() {
    ExclusiveRegistration stale =
        embedded().registry().registerExclusively("boss", Endpoints.of("only"));
    embedded().soon("held", () -> World.is(stale, State.REGISTERED));
    long first = stale.fencingToken().orElseThrow();
    ExclusiveRegistration heir =
        embedded().registry().registerExclusively("boss", Endpoints.of("only"));
    embedded().soon("in line", () -> heir.status().detail().contains("somebody else"));
    Runnable resume = embedded().loop(0).pause();
    embedded().expectSilence(true);
    embedded()
        .within(
            embedded().ttl().plusSeconds(1), "inherited", () -> World.is(heir, State.REGISTERED));
    // Its own thread has not run since; the caller's clock tells all the same.
    assertThat(stale.fencingToken()).isEmpty();
    assertThat(heir.fencingToken().orElseThrow()).isGreaterThan(first);
    resume.run();
    embedded().expectSilence(false);
    embedded().within(Duration.ofSeconds(2), "displaced", () -> World.is(stale, State.DISPLACED));
    assertThat(World.is(heir, State.REGISTERED)).isTrue();
  }

  @Test
  void jumpsOfTheWallClockChangeNothing() {
    EtcdRegistry registry = embedded().registry();
    Registration registration = embedded().registered(registry, "shop", "a");
    RecordedResolutions recordedResolutions = embedded().watched(registry, "shop");
    embedded().soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
    int news = recordedResolutions.all().size();
    for (Duration jump : List.of(Duration.ofDays(400), Duration.ofDays(-800))) {
      embedded().jump(jump);
      embedded().pass(embedded().ttl().multipliedBy(3));
    }
    assertThat(recordedResolutions.all()).hasSize(news);
    assertThat(registration.history()).hasSize(2);
    assertThat(embedded().leases()).isEqualTo(1);
  }

  @Test
  void anotherEndpointIsUsedWhenOneIsCutOff() {
    try (FaultyProxy other = FaultyProxy.to("127.0.0.1", embedded().etcd().port())) {
      String one = "http://" + embedded().proxy().authority();
      String two = "http://" + other.authority();
      EtcdRegistry registry = embedded().registryAt(one + "," + two, builder -> builder);
      Registration registration = embedded().registered(registry, "shop", "a");
      RecordedResolutions recordedResolutions = embedded().watched(registry, "shop");
      embedded().soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
      // Where it begins is left to chance.
      boolean first = linkedTo(registry, one);
      FaultyProxy used = first ? embedded().proxy() : other;
      used.refuse();
      used.cut();
      embedded()
          .within(Duration.ofSeconds(2), "moved", () -> linkedTo(registry, first ? two : one));
      embedded().put("shop/b", World.entry(2));
      embedded()
          .within(
              Duration.ofSeconds(2),
              "b seen",
              () -> recordedResolutions.ids().equals(List.of("a", "b")));
      embedded().pass(embedded().ttl().multipliedBy(2));
      assertThat(registration.history()).hasSize(2);
    }
  }

  private static boolean linkedTo(EtcdRegistry registry, String endpoint) {
    return registry.health().endpoint().equals(Optional.of(endpoint));
  }

  @Test
  void severalEndpointsAreTriedOneAfterTheOther() {
    String dead = "http://127.0.0.1:1";
    EtcdRegistry registry =
        embedded()
            .registryAt(dead + "," + embedded().etcd().endpoint() + "," + dead, builder -> builder);
    embedded().within(Duration.ofSeconds(1), "linked", () -> registry.health().linked());
    assertThat(registry.health().endpoint()).contains(embedded().etcd().endpoint());
  }
}
