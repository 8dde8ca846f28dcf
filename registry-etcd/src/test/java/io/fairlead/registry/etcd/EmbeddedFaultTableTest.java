package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fault table on the embedded etcd, in virtual time. */
final class EmbeddedFaultTableTest extends FaultTableContract {
  @Override
  World open() {
    return new Bed();
  }

  private Bed bed() {
    return (Bed) world();
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
    EtcdRegistry client = bed().registry();
    bed().etcd().faults().cutNextWatch(responses, Status.fromCode(code));
    Seen seen = bed().watched(client, "shop");
    bed().soon("first answer", seen::any);
    for (int i = 0; i < 20; i++) {
      bed().etcd().put("shop/" + (10 + i), World.entry(1 + i));
    }
    bed().within(Duration.ofSeconds(2), "all seen", () -> seen.ids().size() == 20);
    bed().etcd().put("shop/99", World.entry(99));
    bed().within(Duration.ofSeconds(2), "the last seen", () -> seen.ids().size() == 21);
  }

  @Test
  void tenMinutesWithoutEtcdCostNothing() {
    EtcdRegistry registry = bed().registry();
    bed().registered(registry, "shop", "a");
    Seen seen = bed().watched(registry, "shop");
    bed().soon("a seen", () -> seen.bound(Freshness.CURRENT));
    int from = seen.all().size() - 1;
    bed().stopEtcd();
    bed().soon("loss noticed", () -> !registry.health().linked());
    bed().pass(Duration.ofMinutes(10));
    assertThat(seen.all().stream().skip(from).map(Seen::ids)).containsOnly(List.of("a"));
    RegistryHealth health = registry.health();
    assertThat(health.linked()).isFalse();
    assertThat(health.lastError().orElseThrow()).contains(bed().proxy().authority());
    assertThat(health.watches().get(0).age())
        .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
    assertThat(health.watches().get(0).freshness()).contains(Freshness.STALE);
    bed().restartEtcd();
    bed().within(Duration.ofSeconds(2), "current", () -> seen.bound(Freshness.CURRENT));
    assertThat(seen.ids()).containsExactly("a");
  }

  @Test
  void aPausedProcessRegistersAgain() {
    EtcdRegistry server = bed().registry();
    Registration registration = bed().registered(server, "shop", "a");
    Runnable resume = bed().loop(0).pause();
    bed().expectSilence(true);
    bed().pass(Duration.ofMinutes(1));
    assertThat(bed().get("shop/a")).isEmpty();
    resume.run();
    bed().expectSilence(false);
    bed().within(Duration.ofSeconds(2), "back", () -> !bed().get("shop/a").isEmpty());
    bed().soon("registered", () -> World.is(registration, State.REGISTERED));
  }

  @Test
  void aPausedExclusiveHolderFindsOutAtOnce() {
    ExclusiveRegistration stale =
        bed().registry().registerExclusively("boss", Endpoints.of("only"));
    bed().soon("held", () -> World.is(stale, State.REGISTERED));
    long first = stale.fencingToken().orElseThrow();
    ExclusiveRegistration heir = bed().registry().registerExclusively("boss", Endpoints.of("only"));
    bed().soon("in line", () -> heir.status().detail().contains("somebody else"));
    Runnable resume = bed().loop(0).pause();
    bed().expectSilence(true);
    bed().within(bed().ttl().plusSeconds(1), "inherited", () -> World.is(heir, State.REGISTERED));
    // Its own thread has not run since; the caller's clock tells all the same.
    assertThat(stale.fencingToken()).isEmpty();
    assertThat(heir.fencingToken().orElseThrow()).isGreaterThan(first);
    resume.run();
    bed().expectSilence(false);
    bed().within(Duration.ofSeconds(2), "displaced", () -> World.is(stale, State.DISPLACED));
    assertThat(World.is(heir, State.REGISTERED)).isTrue();
  }

  @Test
  void jumpsOfTheWallClockChangeNothing() {
    EtcdRegistry registry = bed().registry();
    Registration registration = bed().registered(registry, "shop", "a");
    Seen seen = bed().watched(registry, "shop");
    bed().soon("a seen", () -> seen.bound(Freshness.CURRENT));
    int news = seen.all().size();
    for (Duration jump : List.of(Duration.ofDays(400), Duration.ofDays(-800))) {
      bed().jump(jump);
      bed().pass(bed().ttl().multipliedBy(3));
    }
    assertThat(seen.all()).hasSize(news);
    assertThat(registration.history()).hasSize(2);
    assertThat(bed().leases()).isEqualTo(1);
  }

  @Test
  void whoLeavesWhileTheClientIsCutOffIsBelievedAfterwards() {
    EtcdRegistry server = bed().registryAt(bed().etcd().endpoint(), builder -> builder);
    List<Registration> leaving =
        List.of(bed().registered(server, "shop", "a"), bed().registered(server, "shop", "b"));
    bed().registered(server, "shop", "c");
    Seen seen = bed().watched(bed().registry(), "shop");
    bed().soon("all seen", () -> seen.ids().size() == 3);
    bed().proxy().refuse();
    bed().proxy().cut();
    leaving.forEach(bed()::close);
    bed().proxy().accept();
    bed()
        .within(
            Duration.ofSeconds(2),
            "the leave believed",
            () -> seen.ids().equals(List.of("c")) && seen.bound(Freshness.CURRENT));
  }

  @Test
  void whoLeavesAfterACompactionWhileTheClientIsCutOffIsBelievedAfterwards() {
    EtcdRegistry server = bed().registryAt(bed().etcd().endpoint(), builder -> builder);
    List<Registration> leaving =
        List.of(bed().registered(server, "shop", "a"), bed().registered(server, "shop", "b"));
    bed().registered(server, "shop", "c");
    Seen seen = bed().watched(bed().registry(), "shop");
    bed().soon("all seen", () -> seen.ids().size() == 3);
    bed().proxy().refuse();
    bed().proxy().cut();
    // What others wrote is compacted past what this client ever heard.
    bed().put("elsewhere", "1");
    bed().compact();
    leaving.forEach(bed()::close);
    bed().proxy().accept();
    bed()
        .within(
            Duration.ofSeconds(2),
            "the leave believed",
            () -> seen.ids().equals(List.of("c")) && seen.bound(Freshness.CURRENT));
  }

  @Test
  void whoeverIsNotYetInANewStoreIsKept() {
    for (int i = 0; i < 6; i++) {
      bed().put("shop/" + i, World.entry(1 + i));
    }
    Seen seen = bed().watched(bed().registry(), "shop");
    bed().soon("all seen", () -> seen.ids().size() == 6);
    bed().proxy().refuse();
    bed().proxy().cut();
    bed().wipeEtcd();
    for (int i = 0; i < 4; i++) {
      bed().put("shop/" + i, World.entry(1 + i));
    }
    bed().proxy().accept();
    bed().within(Duration.ofSeconds(2), "held", () -> seen.bound(Freshness.HELD));
    assertThat(seen.ids()).hasSize(6);
  }

  @Test
  void severalEndpointsAreTriedOneAfterTheOther() {
    String dead = "http://127.0.0.1:1";
    EtcdRegistry registry =
        bed().registryAt(dead + "," + bed().etcd().endpoint() + "," + dead, builder -> builder);
    bed().within(Duration.ofSeconds(1), "linked", () -> registry.health().linked());
    assertThat(registry.health().endpoint()).contains(bed().etcd().endpoint());
  }
}
