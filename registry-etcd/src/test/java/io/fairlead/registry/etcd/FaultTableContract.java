package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Registration.Status;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Resolution.Freshness;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.FaultyProxy.Direction;
import io.fairlead.testkit.LogCapture;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold in each fault, on any etcd. Each test has a world of its own. */
@Execution(ExecutionMode.CONCURRENT)
abstract class FaultTableContract {
  private static final String SHOP = "shop";
  private static final Duration BACK = Duration.ofSeconds(2);

  private World world;

  abstract World open();

  @BeforeEach
  void openWorld() {
    world = open();
  }

  @AfterEach
  void closeWorld() {
    // Nothing was opened where etcd is missing, and the test was skipped.
    if (world != null) {
      world.close();
    }
  }

  World world() {
    return world;
  }

  private Duration renewal() {
    return world.ttl().dividedBy(3).plusSeconds(1);
  }

  private void cutOff() {
    world.proxy().refuse();
    world.proxy().cut();
  }

  private static void neverWithout(
      RecordedResolutions recordedResolutions, int from, String... ids) {
    assertThat(recordedResolutions.all().stream().skip(from).map(RecordedResolutions::ids))
        .allSatisfy(list -> assertThat(list).contains(ids));
  }

  private static List<State> states(Registration registration) {
    return registration.history().stream().map(Status::state).toList();
  }

  @Test
  void etcdRestarts() {
    EtcdRegistry server = world.registry();
    Registration registration = world.registered(server, SHOP, "a");
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    world.soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
    int from = recordedResolutions.all().size() - 1;
    world.stopEtcd();
    world.soon("loss noticed", () -> !server.health().linked());
    world.restartEtcd();
    world.within(BACK, "linked", () -> server.health().linked());
    world.within(
        BACK,
        "a in etcd, renewed, and seen",
        () ->
            !world.get(SHOP + "/a").isEmpty()
                && World.is(registration, State.REGISTERED)
                && recordedResolutions.bound(Freshness.CURRENT));
    world.pass(world.ttl().multipliedBy(2));
    assertThat(world.get(SHOP + "/a")).isNotEmpty();
    assertThat(recordedResolutions.ids()).containsExactly("a");
    neverWithout(recordedResolutions, from, "a");
  }

  @Test
  void etcdIsDownForLongerThanTheTtl() {
    EtcdRegistry server = world.registry();
    Registration registration = world.registered(server, SHOP, "a");
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    world.soon("a seen", () -> recordedResolutions.bound(Freshness.CURRENT));
    int from = recordedResolutions.all().size() - 1;
    world.stopEtcd();
    world.within(world.ttl().plusSeconds(1), "given up", () -> World.is(registration, State.LOST));
    world.pass(world.ttl());
    assertThat(recordedResolutions.bound(Freshness.STALE)).isTrue();
    world.restartEtcd();
    world.within(
        BACK,
        "registered again and seen",
        () ->
            World.is(registration, State.REGISTERED)
                && recordedResolutions.bound(Freshness.CURRENT));
    world.pass(world.ttl().multipliedBy(2));
    assertThat(recordedResolutions.ids()).containsExactly("a");
    assertThat(states(registration))
        .containsExactly(State.REGISTERING, State.REGISTERED, State.LOST, State.REGISTERED);
    neverWithout(recordedResolutions, from, "a");
  }

  @Test
  void etcdIsWiped() {
    EtcdRegistry server = world.registry();
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    List<Registration> registrations = new ArrayList<>();
    IntStream.range(0, 5)
        .forEach(i -> registrations.add(world.registered(world.registry(), SHOP, "i" + i)));
    registrations.add(world.registered(server, SHOP, "s"));
    world.soon("all seen", () -> recordedResolutions.ids().size() == 6);
    int from = recordedResolutions.all().size() - 1;
    world.wipeEtcd();
    world.soon("loss noticed", () -> client.health().linkLosses() > 0);
    world.within(
        Duration.ofSeconds(5),
        "all back",
        () ->
            IntStream.range(0, 5).noneMatch(i -> world.get(SHOP + "/i" + i).isEmpty())
                && !world.get(SHOP + "/s").isEmpty()
                && client.health().watches().get(0).replacements() > 0
                && recordedResolutions.bound(Freshness.CURRENT)
                && recordedResolutions.ids().size() == 6);
    neverWithout(recordedResolutions, from, "i0", "i1", "i2", "i3", "i4", "s");
  }

  @Test
  void theStreamIsCutAtAnyPoint() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    world.soon("first answer", recordedResolutions::absent);
    for (int round = 0; round < 24; round++) {
      int bytes = 1 + round * 37;
      world.proxy().cutAfter(Direction.TO_CLIENT, bytes);
      // A cut breaks the stream at first, and then the attempts to have it again.
      for (int i = 0; i < 4; i++) {
        world.put(SHOP + "/r" + round + "-" + i, World.entry(1 + round * 4 + i));
      }
      if (round > 2) {
        world.delete(SHOP + "/r" + (round - 2) + "-1");
      }
      int expected = (round + 1) * 4 - Math.max(0, round - 2);
      world.within(
          BACK, "all of round " + round, () -> recordedResolutions.ids().size() == expected);
      assertThat(recordedResolutions.ids()).doesNotHaveDuplicates();
      world.proxy().heal();
    }
  }

  @Test
  void theConnectionIsHalfOpen() {
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    world.put(SHOP + "/a", World.entry(1));
    world.soon("a seen", () -> recordedResolutions.ids().equals(List.of("a")));
    world.expectSilence(true);
    world.proxy().abandon();
    world.put(SHOP + "/b", World.entry(2));
    world.within(world.silence(), "loss noticed", () -> client.health().linkLosses() > 0);
    world.expectSilence(false);
    world.within(BACK, "b seen", () -> recordedResolutions.ids().equals(List.of("a", "b")));
  }

  @Test
  void packetsAreDroppedWhileARegistrationIsHeld() {
    EtcdRegistry server = world.registry();
    Registration registration = world.registered(server, SHOP, "a");
    world.expectSilence(true);
    world.proxy().abandon();
    Duration bound = world.ttl().dividedBy(3).multipliedBy(2).plusSeconds(1);
    world.within(bound, "loss noticed", () -> server.health().linkLosses() > 0);
    world.expectSilence(false);
    world.within(BACK, "linked", () -> server.health().linked());
    world.pass(world.ttl().multipliedBy(2));
    assertThat(world.get(SHOP + "/a")).isNotEmpty();
    assertThat(states(registration)).doesNotContain(State.DISPLACED);
  }

  @Test
  void etcdCompactsPastUsWhileWeAreAway() {
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    world.put(SHOP + "/a", World.entry(1));
    world.soon("a seen", () -> recordedResolutions.ids().equals(List.of("a")));
    int from = recordedResolutions.all().size() - 1;
    cutOff();
    world.soon("loss noticed", () -> !client.health().linked());
    for (int i = 0; i < 10; i++) {
      world.put(SHOP + "/b", World.entry(10 + i));
    }
    world.compact();
    world.pass(Duration.ofSeconds(3));
    assertThat(recordedResolutions.ids()).containsExactly("a");
    world.proxy().accept();
    world.within(BACK, "b seen", () -> recordedResolutions.ids().equals(List.of("a", "b")));
    neverWithout(recordedResolutions, from, "a");
  }

  @Test
  void theLeaseIsRevokedBehindOurBack() {
    Registration registration = world.registered(world.registry(), SHOP, "a");
    world.revokeLeases();
    assertThat(world.get(SHOP + "/a")).isEmpty();
    world.within(renewal(), "back", () -> !world.get(SHOP + "/a").isEmpty());
    world.soon("said so", () -> World.is(registration, State.REGISTERED));
    assertThat(states(registration)).contains(State.LOST);
  }

  @Test
  void theKeyIsDeletedByAnOperator() {
    Registration registration = world.registered(world.registry(), SHOP, "a");
    world.delete(SHOP + "/a");
    world.within(renewal(), "back", () -> !world.get(SHOP + "/a").isEmpty());
    world.soon("said so", () -> World.is(registration, State.REGISTERED));
    assertThat(states(registration)).contains(State.LOST);
  }

  @Test
  void theKeyIsOverwrittenBySomebodyElse() {
    Registration registration = world.registered(world.registry(), SHOP, "a");
    world.put(SHOP + "/a", World.entry(666));
    world.within(renewal(), "reported", () -> World.is(registration, State.DISPLACED));
    assertThat(registration.status().detail()).contains("10.0.0.1:666");
    world.pass(world.ttl().multipliedBy(3));
    assertThat(world.get(SHOP + "/a")).isEqualTo(World.entry(666));
    registration.close();
    assertThat(world.get(SHOP + "/a")).isEqualTo(World.entry(666));
  }

  /** An operator who changes a weight with etcdctl would look in vain for what became of it. */
  @Test
  void theValueIsChangedOnOurOwnLease() {
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      Registration registration = world.registered(world.registry(), "warehouse", "a");
      String key = "warehouse/a";
      String ours = world.get(key);
      try (Operator operator = Operator.at(world.endpoint())) {
        operator.putOnItsLease(key, World.entry(666));
      }
      world.within(renewal(), "undone", () -> world.get(key).equals(ours));
      String line = "etcd key " + key + ": somebody else wrote on the lease of this process";
      String port = world.proxy().authority();
      assertThat(log.with(line)).as(port).isNotEmpty();
      assertThat(log.with(line).get(0)).contains("10.0.0.1:666").contains("in revision ");
      assertThat(states(registration)).containsExactly(State.REGISTERING, State.REGISTERED);
    }
  }

  @Test
  void aDisplacedRegistrationComesBackWhenTheKeyIsFree() {
    Registration registration = world.registered(world.registry(), SHOP, "a");
    world.put(SHOP + "/a", World.entry(666));
    world.within(renewal(), "reported", () -> World.is(registration, State.DISPLACED));
    world.delete(SHOP + "/a");
    world.within(renewal(), "back", () -> World.is(registration, State.REGISTERED));
  }

  @Test
  void theRegistryIsUnreachableAtStartWithoutASnapshot() {
    world.proxy().refuse();
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    Registration registration = client.register("other", Endpoint.of("a", "10.0.0.1", 1));
    world.within(
        BACK,
        "said so",
        () -> recordedResolutions.any() && recordedResolutions.last() instanceof Resolution.Failed);
    String[] reason = {
      "service shop", "http://" + world.proxy().authority(), " since 20", "last error"
    };
    assertThat(((Resolution.Failed) recordedResolutions.last()).reason()).contains(reason);
    assertThat(registration.status().state()).isEqualTo(State.REGISTERING);
    try (RpcServer server = Ping.server(world.direct(), "b");
        RpcChannel channel = RpcChannel.to("etcd:///shop").registry(client).build()) {
      assertThatThrownBy(() -> Ping.call(channel))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("UNAVAILABLE")
          .hasMessageContainingAll(reason);
      CompletableFuture<?> waiting = Ping.callWhenReady(channel);
      world.proxy().accept();
      world.within(
          BACK,
          "registered and seen",
          () ->
              World.is(registration, State.REGISTERED)
                  && recordedResolutions.bound(Freshness.CURRENT));
      world.soon("the call that waited has its answer", waiting::isDone);
      assertThat(waiting).isCompleted();
      assertThat(server.registration()).isPresent();
    }
  }

  @Test
  void theRegistryIsUnreachableAtStartWithASnapshot(@TempDir Path directory) {
    EtcdRegistry first = world.registry(builder -> builder.snapshots(directory));
    RecordedResolutions before = world.watched(first, SHOP);
    try (RpcServer server = Ping.server(world.direct(), "a")) {
      // Nobody answers there.
      world.put(SHOP + "/b", "{\"Op\":0,\"Addr\":\"127.0.0.1:1\",\"Metadata\":null}");
      world.soon("both seen", () -> before.ids().size() == 2);
      world.soon("all saved", () -> SnapshotFilesTest.hasSaved(directory, SHOP, 2));
      cutOff();
      EtcdRegistry second = world.registry(builder -> builder.snapshots(directory));
      RecordedResolutions recordedResolutions = world.watched(second, SHOP);
      world.within(BACK, "restored", () -> recordedResolutions.bound(Freshness.RESTORED));
      assertThat(recordedResolutions.ids()).containsExactly("a", "b");
      try (RpcChannel channel = RpcChannel.to("etcd:///shop").registry(second).build()) {
        Ping.call(channel);
      }
      world.proxy().accept();
      world.delete(SHOP + "/b");
      world.within(BACK, "current", () -> recordedResolutions.bound(Freshness.CURRENT));
      assertThat(recordedResolutions.ids())
          .containsExactly(server.registration().orElseThrow().endpoint().id());
    }
  }

  @Test
  void emptyListIsAcceptedOnlyAfterTheGracePeriod() {
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    world.put(SHOP + "/a", World.entry(1));
    world.soon("a seen", () -> recordedResolutions.ids().equals(List.of("a")));
    world.delete(SHOP + "/a");
    world.soon("preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    assertThat(recordedResolutions.ids()).containsExactly("a");
    assertThat(client.health().watches().get(0).preservations()).isEqualTo(1);
    world.within(world.grace().plusSeconds(1), "accepted", recordedResolutions::absent);
  }

  @Test
  void massDropIsAcceptedOnlyAfterTheGracePeriod() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    IntStream.range(0, 10).forEach(i -> world.put(SHOP + "/" + i, World.entry(1 + i)));
    world.soon("all seen", () -> recordedResolutions.ids().size() == 10);
    IntStream.range(0, 9).forEach(i -> world.delete(SHOP + "/" + i));
    world.soon(
        "preserved",
        () ->
            recordedResolutions.bound(Freshness.PRESERVED)
                && recordedResolutions.ids().size() == 10);
    world.within(
        world.grace().plusSeconds(1),
        "accepted",
        () ->
            recordedResolutions.bound(Freshness.CURRENT)
                && recordedResolutions.ids().equals(List.of("9")));
  }

  @Test
  void preservedEndpointsThatReturnWereNeverGone() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    IntStream.range(0, 3).forEach(i -> world.put(SHOP + "/" + i, World.entry(1 + i)));
    world.soon("all seen", () -> recordedResolutions.ids().size() == 3);
    // The first to go may be accepted: one of three is no mass drop, and etcd reports each apart.
    for (int i = 0; i < 3; i++) {
      world.delete(SHOP + "/" + i);
    }
    world.soon("preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    int from = recordedResolutions.all().size() - 1;
    for (int i = 0; i < 3; i++) {
      world.put(SHOP + "/" + i, World.entry(1 + i));
    }
    world.soon("current", () -> recordedResolutions.bound(Freshness.CURRENT));
    neverWithout(recordedResolutions, from, "0", "1", "2");
    assertThat(recordedResolutions.all().stream().skip(from))
        .noneMatch(Resolution.Absent.class::isInstance);
  }

  /**
   * A process that was started again, by an operator or by a framework with a new key each time.
   */
  @Test
  void endpointReturningUnderAnotherIdIsNotMissing() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    for (int i = 0; i < 3; i++) {
      world.put(SHOP + "/0-" + i, World.entry(1 + i));
    }
    world.soon("all seen", () -> recordedResolutions.ids().equals(List.of("0-0", "0-1", "0-2")));
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 3; i++) {
        String old = SHOP + "/" + (round - 1) + "-" + i;
        String next = round + "-" + i;
        boolean oldGoesFirst = i == 1;
        if (oldGoesFirst) {
          world.delete(old);
        }
        world.put(SHOP + "/" + next, World.entry(1 + i));
        if (!oldGoesFirst) {
          world.delete(old);
        }
        world.soon(
            next + " alone",
            () ->
                recordedResolutions.ids().contains(next) && recordedResolutions.ids().size() == 3);
      }
    }
    assertThat(recordedResolutions.all()).noneMatch(RecordedResolutions::isPreserved);
    // At once, and without a list that has both.
    for (int i = 0; i < 3; i++) {
      world.delete(SHOP + "/3-" + i);
    }
    world.soon("preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    for (int i = 0; i < 3; i++) {
      world.put(SHOP + "/4-" + i, World.entry(1 + i));
    }
    world.soon(
        "back",
        () ->
            recordedResolutions.bound(Freshness.CURRENT)
                && recordedResolutions.ids().equals(List.of("4-0", "4-1", "4-2")));
  }

  /** Of three on the disk, so many are left in etcd when it can be reached. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void endpointVanishedBeforeAColdStartIsPreserved(int left, @TempDir Path directory) {
    RecordedResolutions before =
        world.watched(world.registry(builder -> builder.snapshots(directory)), SHOP);
    IntStream.range(0, 3).forEach(i -> world.put(SHOP + "/" + i, World.entry(1 + i)));
    world.soon("all seen", () -> before.ids().size() == 3);
    RecordedResolutions recordedResolutions = coldStart(directory);
    IntStream.range(left, 3).forEach(i -> world.delete(SHOP + "/" + i));
    world.proxy().accept();
    world.within(BACK, "preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    assertThat(recordedResolutions.ids()).containsExactly("0", "1", "2");
    world.within(
        world.grace().plusSeconds(1),
        "accepted",
        () ->
            left == 0
                ? recordedResolutions.absent()
                : recordedResolutions.bound(Freshness.CURRENT)
                    && recordedResolutions.ids().size() == 1);
  }

  @Test
  void leaveBeforeAColdStartIsAccepted(@TempDir Path directory) {
    RecordedResolutions before =
        world.watched(world.registry(builder -> builder.snapshots(directory)), SHOP);
    List<Registration> three = threeSeenBy(before);
    RecordedResolutions recordedResolutions = coldStart(directory);
    three.forEach(world::close);
    world.proxy().accept();
    world.within(BACK, "the leave of all accepted", recordedResolutions::absent);
  }

  /** What a registry sees that starts without etcd, from a list of three on the disk. */
  private RecordedResolutions coldStart(Path directory) {
    world.soon("all saved", () -> SnapshotFilesTest.hasSaved(directory, SHOP, 3));
    cutOff();
    RecordedResolutions recordedResolutions =
        world.watched(world.registry(builder -> builder.snapshots(directory)), SHOP);
    world.within(BACK, "restored", () -> recordedResolutions.bound(Freshness.RESTORED));
    assertThat(recordedResolutions.ids()).hasSize(3);
    return recordedResolutions;
  }

  @Test
  void deliberateLeaveIsAcceptedAtOnce() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    Registration a = world.registered(world.registry(), SHOP, "a");
    Registration b = world.registered(world.registry(), SHOP, "b");
    world.soon("both seen", () -> recordedResolutions.ids().size() == 2);
    a.close();
    world.soon("a gone", () -> recordedResolutions.ids().equals(List.of("b")));
    b.close();
    world.soon("b gone", recordedResolutions::absent);
    assertThat(recordedResolutions.all()).noneMatch(RecordedResolutions::isPreserved);
  }

  /** Three are registered, none of them through the proxy, and the client sees them. */
  private List<Registration> threeSeenBy(RecordedResolutions recordedResolutions) {
    EtcdRegistry server = world.direct();
    List<Registration> three =
        Stream.of("a", "b", "c").map(id -> world.registered(server, SHOP, id)).toList();
    world.soon("all seen", () -> recordedResolutions.ids().size() == 3);
    return three;
  }

  private void backAndCIsLeft(RecordedResolutions recordedResolutions) {
    world.proxy().accept();
    world.within(
        BACK,
        "the leave accepted",
        () ->
            recordedResolutions.ids().equals(List.of("c"))
                && recordedResolutions.bound(Freshness.CURRENT));
  }

  @Test
  void leaveDuringAnOutageIsAccepted() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    List<Registration> three = threeSeenBy(recordedResolutions);
    cutOff();
    three.subList(0, 2).forEach(world::close);
    backAndCIsLeft(recordedResolutions);
  }

  @Test
  void leaveDuringAnOutageWithCompactionIsAccepted() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    List<Registration> three = threeSeenBy(recordedResolutions);
    cutOff();
    // What others wrote is compacted past what this client ever heard.
    world.put("elsewhere", "1");
    world.compact();
    three.subList(0, 2).forEach(world::close);
    backAndCIsLeft(recordedResolutions);
  }

  /** The deregistrations are older than the first list that the client reads of the new store. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leaveFromANewStoreIsAccepted(boolean caughtUp) {
    EtcdRegistry client = world.registry();
    RecordedResolutions recordedResolutions = world.watched(client, SHOP);
    write(20);
    List<Registration> three = threeSeenBy(recordedResolutions);
    cutOff();
    world.wipeEtcd();
    world.within(
        Duration.ofSeconds(5),
        "all back",
        () ->
            Stream.of("a", "b", "c").noneMatch(id -> world.get(SHOP + "/" + id).isEmpty())
                && three.stream().allMatch(one -> World.is(one, State.REGISTERED)));
    three.subList(0, 2).forEach(world::close);
    // The revision alone does not tell that the store is a new one then.
    write(caughtUp ? 60 : 0);
    backAndCIsLeft(recordedResolutions);
    assertThat(client.health().watches().get(0).replacements()).isEqualTo(1);
  }

  private void write(int times) {
    for (int i = 0; i < times; i++) {
      world.put("elsewhere", "" + i);
    }
  }

  @Test
  void endpointMissingInANewStoreIsPreserved() {
    for (int i = 0; i < 6; i++) {
      world.put(SHOP + "/" + i, World.entry(1 + i));
    }
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    world.soon("all seen", () -> recordedResolutions.ids().size() == 6);
    cutOff();
    world.wipeEtcd();
    for (int i = 0; i < 4; i++) {
      world.put(SHOP + "/" + i, World.entry(1 + i));
    }
    world.proxy().accept();
    world.within(BACK, "preserved", () -> recordedResolutions.bound(Freshness.PRESERVED));
    assertThat(recordedResolutions.ids()).hasSize(6);
  }

  @Test
  void drainingIsSeenBeforeTheEnd() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    Registration registration = world.registered(world.registry(), SHOP, "a");
    world.soon("a seen", () -> recordedResolutions.ids().equals(List.of("a")));
    registration.drain().toCompletableFuture().join();
    world.soon("draining seen", () -> recordedResolutions.endpoint("a").draining());
    assertThat(registration.endpoint().draining()).isTrue();
  }

  @Test
  void anUpdateIsSeen() {
    RecordedResolutions recordedResolutions = world.watched(world.registry(), SHOP);
    Registration registration = world.registered(world.registry(), SHOP, "a");
    registration.update(registration.endpoint().withWeight(7)).toCompletableFuture().join();
    world.soon(
        "weight seen",
        () ->
            recordedResolutions.ids().size() == 1
                && recordedResolutions.endpoint("a").weight() == 7);
  }
}
