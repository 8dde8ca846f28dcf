package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Resolution.Freshness;
import io.fairlead.discovery.Watch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What every registry that takes registrations does, besides. */
abstract class RegistrationContract extends RegistryContract {
  private final List<Registry> opened = new ArrayList<>();

  /** One more registry on the same store, as another process has it; perhaps the same object. */
  abstract Registry open();

  final Registry registry() {
    Registry registry = open();
    opened.add(registry);
    return registry;
  }

  @Override
  Registry holding(Endpoint... endpoints) {
    Registry writer = registry();
    List<Registration> all =
        Arrays.stream(endpoints).map(endpoint -> writer.register(SHOP, endpoint)).toList();
    all.forEach(one -> soon("registered", () -> World.is(one, State.REGISTERED)));
    return registry();
  }

  @Override
  void closeAll() {
    opened.forEach(Registry::close);
  }

  private static Endpoint at(String host) {
    return Endpoint.of("a", host, 1);
  }

  private static List<String> hosts(RecordedResolutions recordedResolutions) {
    return recordedResolutions.last() instanceof Resolution.Bound bound
        ? bound.snapshot().endpoints().stream().map(e -> e.addresses().get(0).host()).toList()
        : List.of();
  }

  private static List<State> states(Registration registration) {
    return registration.history().stream().map(Status::state).toList();
  }

  private static Registration registered(Registry registry, Endpoint endpoint) {
    Registration registration = registry.register(SHOP, endpoint);
    soon("registered", () -> World.is(registration, State.REGISTERED));
    return registration;
  }

  @Test
  void registrationsAndLeavesAreSeen() {
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    soon("absent", recordedResolutions::absent);
    Registry server = registry();
    Registration a = registered(server, Endpoint.of("a", "10.0.0.1", 1));
    soon("a", () -> recordedResolutions.ids().equals(List.of("a")));
    Registration b = registered(server, Endpoint.of("b", "10.0.0.2", 1));
    soon("a and b", () -> recordedResolutions.ids().equals(List.of("a", "b")));
    a.close();
    soon("b", () -> recordedResolutions.ids().equals(List.of("b")));
    b.close();
    soon("nobody", recordedResolutions::absent);
    assertThat(recordedResolutions.all()).noneMatch(RecordedResolutions::isPreserved);
    assertThat(revisions(recordedResolutions)).isSorted();
  }

  /** Others may see it before it knows itself that it is registered. */
  @Test
  void leaveRightAfterRegistrationIsAcceptedAtOnce() {
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    Registry server = registry();
    for (int round = 0; round < 20; round++) {
      Registration registration = server.register(SHOP, FULL);
      soon("seen", () -> recordedResolutions.ids().size() == 1);
      registration.close();
      soon("gone", recordedResolutions::absent);
    }
    assertThat(recordedResolutions.all()).noneMatch(RecordedResolutions::isPreserved);
  }

  private static List<Long> revisions(RecordedResolutions recordedResolutions) {
    List<Long> revisions = new ArrayList<>();
    for (Resolution one : recordedResolutions.all()) {
      if (one instanceof Resolution.Bound bound) {
        revisions.add(bound.snapshot().revision());
      } else if (one instanceof Resolution.Absent absent) {
        revisions.add(absent.revision());
      }
    }
    return revisions;
  }

  @Test
  void aRegistrationTellsItsStatesInOrder() {
    Registration registration = registry().register(SHOP, FULL);
    List<State> states = new CopyOnWriteArrayList<>();
    Watch watch = registration.watch(status -> states.add(status.state()));
    soon("registered", () -> World.is(registration, State.REGISTERED));
    registration.close();
    registration.close();
    soon("closed", () -> states.contains(State.CLOSED));
    watch.close();
    assertThat(states(registration))
        .containsExactly(State.REGISTERING, State.REGISTERED, State.CLOSED);
    assertThat(states).isSubsetOf(states(registration)).endsWith(State.REGISTERED, State.CLOSED);
    assertThat(registration.service()).isEqualTo(SHOP);
  }

  @Test
  void anUpdateIsSeenAndKeepsTheId() {
    Registration registration = registered(registry(), FULL);
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    registration.update(FULL.withWeight(7)).toCompletableFuture().join();
    soon(
        "weight",
        () ->
            recordedResolutions.ids().size() == 1
                && recordedResolutions.endpoint("a").weight() == 7);
    assertThat(registration.endpoint().weight()).isEqualTo(7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registration.update(Endpoint.of("b", "10.0.0.1", 1)))
        .withMessageContaining("b");
  }

  @Test
  void drainingIsSeenBeforeTheEnd() {
    Registration registration = registered(registry(), FULL);
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    registration.drain().toCompletableFuture().join();
    soon(
        "draining",
        () ->
            recordedResolutions.ids().size() == 1 && recordedResolutions.endpoint("a").draining());
  }

  @Test
  void anEndpointThatAnUpdateDrainsComesBack() {
    Registration registration = registered(registry(), FULL);
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    registration.update(FULL.asDraining()).toCompletableFuture().join();
    soon(
        "draining",
        () ->
            recordedResolutions.ids().size() == 1 && recordedResolutions.endpoint("a").draining());
    registration.update(FULL).toCompletableFuture().join();
    soon("back", () -> !recordedResolutions.endpoint("a").draining());
    assertThat(registration.endpoint().draining()).isFalse();
  }

  @Test
  void anUpdateTakesNoDrainBack() {
    Registration registration = registered(registry(), FULL);
    registration.drain().toCompletableFuture().join();
    registration.update(FULL.withWeight(7)).toCompletableFuture().join();
    assertThat(registration.endpoint().draining()).isTrue();
    assertThat(registration.endpoint().weight()).isEqualTo(7);
  }

  @Test
  void laterRegistrationTakesTheId() {
    Registration first = registered(registry(), at("10.0.0.1"));
    Registration second = registered(registry(), at("10.0.0.2"));
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    soon(
        "the second seen",
        () -> recordedResolutions.any() && hosts(recordedResolutions).equals(List.of("10.0.0.2")));
    soon("the first knows", () -> World.is(first, State.DISPLACED));
    assertThat(World.is(second, State.REGISTERED)).isTrue();
    second.close();
    soon("the first is back", () -> World.is(first, State.REGISTERED));
    soon("the first seen", () -> hosts(recordedResolutions).equals(List.of("10.0.0.1")));
  }

  @Test
  void laterRegistrationTakesTheIdInOneRegistry() {
    Registry registry = registry();
    Registration first = registered(registry, at("10.0.0.1"));
    Registration second = registered(registry, at("10.0.0.2"));
    soon("the first knows", () -> World.is(first, State.DISPLACED));
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    soon(
        "the second seen",
        () -> recordedResolutions.any() && hosts(recordedResolutions).equals(List.of("10.0.0.2")));
    second.close();
    soon("the first is back", () -> World.is(first, State.REGISTERED));
    soon("the first seen", () -> hosts(recordedResolutions).equals(List.of("10.0.0.1")));
    assertThat(states(first))
        .containsSubsequence(State.REGISTERED, State.DISPLACED, State.REGISTERED);
  }

  @Test
  void displacedRegistrationLeavesNoTrace() {
    Registry registry = registry();
    Registration first = registered(registry, at("10.0.0.1"));
    registered(registry, at("10.0.0.2"));
    soon("the first knows", () -> World.is(first, State.DISPLACED));
    assertThat(first.update(at("10.0.0.3")).toCompletableFuture())
        .failsWithin(java.time.Duration.ofMinutes(1));
    first.close();
    assertThat(World.is(first, State.CLOSED)).isTrue();
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    soon(
        "the second seen",
        () -> recordedResolutions.any() && hosts(recordedResolutions).equals(List.of("10.0.0.2")));
  }

  @Test
  void anIdIsFreeAtOnceAfterALeave() {
    Registry registry = registry();
    registered(registry, at("10.0.0.1")).close();
    registered(registry, at("10.0.0.2"));
    RecordedResolutions recordedResolutions = watched(registry(), SHOP);
    soon(
        "the second seen",
        () -> recordedResolutions.any() && hosts(recordedResolutions).equals(List.of("10.0.0.2")));
    assertThat(recordedResolutions.bound(Freshness.CURRENT)).isTrue();
  }

  @Test
  void aClosedRegistryHasLeftAndSaysSo() {
    Registry server = open();
    Registration registration = registered(server, FULL);
    server.close();
    assertThat(World.is(registration, State.CLOSED)).isTrue();
    assertThatIllegalStateException()
        .isThrownBy(() -> server.register(SHOP, FULL))
        .withMessageContaining("closed");
    assertThatIllegalStateException()
        .isThrownBy(() -> server.watch(SHOP, new RecordedResolutions()))
        .withMessageContaining("closed");
  }

  @Test
  void aClosedWatchHearsNothing() {
    Registry client = registry();
    RecordedResolutions closed = new RecordedResolutions();
    Watch watch = client.watch(SHOP, closed);
    RecordedResolutions open = watched(client, SHOP);
    soon("both told", () -> open.absent() && closed.absent());
    watch.close();
    int before = closed.all().size();
    registered(registry(), FULL);
    soon("the other told", () -> open.ids().size() == 1);
    assertThat(closed.all()).hasSize(before);
  }
}
