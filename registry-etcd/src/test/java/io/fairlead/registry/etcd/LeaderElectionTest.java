package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.discovery.Address;
import io.fairlead.testkit.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Elections on the embedded etcd, in virtual time. */
@Execution(ExecutionMode.CONCURRENT)
final class LeaderElectionTest {
  private static final Address HERE = Address.grpc("10.0.0.1", 50051);

  private final EmbeddedWorld world = new EmbeddedWorld();
  private final List<String> diary = new CopyOnWriteArrayList<>();
  private final List<Leadership> terms = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeWorld() {
    world.close();
  }

  /** Works until told to stop. */
  private void work(String who, Leadership leadership) throws InterruptedException {
    begin(who, leadership);
    try {
      new CountDownLatch(1).await();
    } finally {
      diary.add(who + " ends");
    }
  }

  private void begin(String who, Leadership leadership) {
    assertThat(terms).noneMatch(Leadership::holds);
    terms.add(leadership);
    diary.add(who + " begins");
  }

  private void soon(String entry) {
    world.soon(entry, () -> diary.contains(entry));
  }

  @Test
  void theNextOneBeginsWhenTheWorkerOfTheLastHasEnded() {
    CountDownLatch slow = new CountDownLatch(1);
    LeaderElection first =
        world
            .direct()
            .elect(
                "boss",
                HERE,
                leadership -> {
                  begin("first", leadership);
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException told) {
                    diary.add("first is told");
                    slow.await();
                  }
                  diary.add("first ends");
                });
    soon("first begins");
    assertThat(first.leadership().orElseThrow().fencingToken())
        .isEqualTo(terms.get(0).fencingToken());
    EtcdRegistry other = world.direct();
    RecordedResolutions recordedResolutions = world.watched(other, "boss");
    LeaderElection second = other.elect("boss", HERE, leadership -> work("second", leadership));
    world.soon("the leader is found", () -> recordedResolutions.ids().equals(List.of("leader")));
    Thread closer = new Thread(first::close, "closer");
    closer.start();
    soon("first is told");
    slow.countDown();
    soon("second begins");
    assertThat(diary)
        .containsExactly("first begins", "first is told", "first ends", "second begins");
    assertThat(terms.get(1).fencingToken()).isGreaterThan(terms.get(0).fencingToken());
    assertThat(first.leadership()).isEmpty();
    second.close();
    soon("second ends");
  }

  @Test
  void aLeaderThatIsCutOffStopsAndItsSuccessorBegins() {
    LeaderElection cutOff =
        world.registry().elect("boss", HERE, leadership -> work("cut off", leadership));
    soon("cut off begins");
    LeaderElection heir =
        world.direct().elect("boss", HERE, leadership -> work("heir", leadership));
    world.proxy().refuse();
    world.proxy().cut();
    // Not one before the other: both clocks end the lease at the same time, and the worker of who
    // is cut off needs a moment to return. That it holds nothing then is checked in begin.
    world.within(world.ttl().plusSeconds(2), "told", () -> diary.contains("cut off ends"));
    world.within(Duration.ofSeconds(2), "inherited", () -> diary.contains("heir begins"));
    assertThat(cutOff.leadership()).isEmpty();
    world.proxy().heal();
    world.pass(world.ttl());
    assertThat(heir.leadership()).isPresent();
    assertThat(diary).startsWith("cut off begins");
    assertThat(diary).containsExactlyInAnyOrder("cut off begins", "cut off ends", "heir begins");
    heir.close();
    world.within(Duration.ofSeconds(5), "again", () -> diary.size() == 5);
    assertThat(diary).endsWith("heir ends", "cut off begins");
    cutOff.close();
  }

  @Test
  void twoCandidatesOfOneRegistryTakeTurns() {
    EtcdRegistry registry = world.direct();
    LeaderElection first = registry.elect("boss", HERE, leadership -> work("first", leadership));
    soon("first begins");
    LeaderElection second = registry.elect("boss", HERE, leadership -> work("second", leadership));
    world.pass(world.ttl());
    assertThat(second.leadership()).isEmpty();
    world.close(first);
    soon("second begins");
    assertThat(diary).containsExactly("first begins", "first ends", "second begins");
    world.close(second);
  }

  @Test
  void returningWorkerEndsTheTerm() {
    LeaderElection election =
        world.direct().elect("boss", HERE, leadership -> begin("short", leadership));
    soon("short begins");
    world.within(Duration.ofSeconds(30), "three terms", () -> terms.size() == 3);
    assertThat(terms).extracting(Leadership::fencingToken).isSorted().doesNotHaveDuplicates();
    election.close();
  }

  @Test
  void failingWorkerIsLoggedAndEndsTheTerm() {
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      LeaderElection election =
          world
              .direct()
              .elect(
                  "clumsy",
                  HERE,
                  leadership -> {
                    begin("clumsy", leadership);
                    throw new IllegalStateException("slipped");
                  });
      soon("clumsy begins");
      world.within(Duration.ofSeconds(30), "two terms", () -> terms.size() == 2);
      election.close();
      assertThat(log.with("leader election clumsy: term " + terms.get(0).fencingToken()))
          .hasSize(1);
      assertThat(log.with("the worker failed")).isNotEmpty();
    }
  }

  @Test
  void anOperatorWhoDeletesTheKeyEndsTheTerm() {
    LeaderElection election =
        world.direct().elect("boss", HERE, leadership -> work("it", leadership));
    soon("it begins");
    world.delete("boss/leader");
    world.within(Duration.ofSeconds(8), "a second term", () -> diary.size() == 3);
    assertThat(diary).containsExactly("it begins", "it ends", "it begins");
    election.close();
  }

  @Test
  void aClosedRegistryEndsTheElection() {
    EtcdRegistry registry = world.direct();
    LeaderElection election = registry.elect("boss", HERE, leadership -> work("it", leadership));
    soon("it begins");
    world.close(registry);
    soon("it ends");
    election.close();
    assertThat(election.leadership()).isEmpty();
  }

  @Test
  void aLayoutWithTheAddressInTheKeyIsRefused() {
    EtcdRegistry registry =
        world.registryAt(world.etcd().endpoint(), builder -> builder.layout(KeyLayout.KITEX));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.elect("boss", HERE, leadership -> {}))
        .withMessageContaining("KITEX");
  }
}
