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

  private final Bed bed = new Bed();
  private final List<String> diary = new CopyOnWriteArrayList<>();
  private final List<Leadership> terms = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeBed() {
    bed.close();
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
    bed.soon(entry, () -> diary.contains(entry));
  }

  @Test
  void theNextOneBeginsWhenTheWorkerOfTheLastHasEnded() {
    CountDownLatch slow = new CountDownLatch(1);
    LeaderElection first =
        bed.direct()
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
    EtcdRegistry other = bed.direct();
    Seen seen = bed.watched(other, "boss");
    LeaderElection second = other.elect("boss", HERE, leadership -> work("second", leadership));
    bed.soon("the leader is found", () -> seen.ids().equals(List.of("leader")));
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
        bed.registry().elect("boss", HERE, leadership -> work("cut off", leadership));
    soon("cut off begins");
    LeaderElection heir = bed.direct().elect("boss", HERE, leadership -> work("heir", leadership));
    bed.proxy().refuse();
    bed.proxy().cut();
    bed.within(bed.ttl().plusSeconds(2), "told", () -> diary.contains("cut off ends"));
    bed.within(Duration.ofSeconds(2), "inherited", () -> diary.contains("heir begins"));
    assertThat(cutOff.leadership()).isEmpty();
    bed.proxy().heal();
    bed.pass(bed.ttl());
    assertThat(heir.leadership()).isPresent();
    assertThat(diary).containsExactly("cut off begins", "cut off ends", "heir begins");
    heir.close();
    bed.within(Duration.ofSeconds(5), "again", () -> diary.size() == 5);
    assertThat(diary).endsWith("heir ends", "cut off begins");
    cutOff.close();
  }

  @Test
  void twoCandidatesOfOneRegistryTakeTurns() {
    EtcdRegistry registry = bed.direct();
    LeaderElection first = registry.elect("boss", HERE, leadership -> work("first", leadership));
    soon("first begins");
    LeaderElection second = registry.elect("boss", HERE, leadership -> work("second", leadership));
    bed.pass(bed.ttl());
    assertThat(second.leadership()).isEmpty();
    bed.close(first);
    soon("second begins");
    assertThat(diary).containsExactly("first begins", "first ends", "second begins");
    bed.close(second);
  }

  @Test
  void aWorkerThatReturnsGivesTheTermUp() {
    LeaderElection election =
        bed.direct().elect("boss", HERE, leadership -> begin("short", leadership));
    soon("short begins");
    bed.within(Duration.ofSeconds(30), "three terms", () -> terms.size() == 3);
    assertThat(terms).extracting(Leadership::fencingToken).isSorted().doesNotHaveDuplicates();
    election.close();
  }

  @Test
  void aWorkerThatFailsIsSaidAndGivesTheTermUp() {
    try (LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      LeaderElection election =
          bed.direct()
              .elect(
                  "clumsy",
                  HERE,
                  leadership -> {
                    begin("clumsy", leadership);
                    throw new IllegalStateException("slipped");
                  });
      soon("clumsy begins");
      bed.within(Duration.ofSeconds(30), "two terms", () -> terms.size() == 2);
      election.close();
      assertThat(log.with("leader election clumsy: term " + terms.get(0).fencingToken()))
          .hasSize(1);
      assertThat(log.with("the worker failed")).isNotEmpty();
    }
  }

  @Test
  void anOperatorWhoDeletesTheKeyEndsTheTerm() {
    LeaderElection election =
        bed.direct().elect("boss", HERE, leadership -> work("it", leadership));
    soon("it begins");
    bed.delete("boss/leader");
    bed.within(Duration.ofSeconds(8), "a second term", () -> diary.size() == 3);
    assertThat(diary).containsExactly("it begins", "it ends", "it begins");
    election.close();
  }

  @Test
  void aClosedRegistryEndsTheElection() {
    EtcdRegistry registry = bed.direct();
    LeaderElection election = registry.elect("boss", HERE, leadership -> work("it", leadership));
    soon("it begins");
    bed.close(registry);
    soon("it ends");
    election.close();
    assertThat(election.leadership()).isEmpty();
  }

  @Test
  void aLayoutWithTheAddressInTheKeyIsRefused() {
    EtcdRegistry registry =
        bed.registryAt(bed.etcd().endpoint(), builder -> builder.layout(Layout.KITEX));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.elect("boss", HERE, leadership -> {}))
        .withMessageContaining("KITEX");
  }
}
