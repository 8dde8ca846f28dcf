package io.fairlead.registry.etcd;

import static io.fairlead.registry.etcd.PolicyTrial.PING;
import static io.fairlead.registry.etcd.PolicyTrial.SERVICE;
import static io.fairlead.registry.etcd.PolicyTrial.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.LogCapture;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What live policies do in each fault of docs/live-policy.md, on any etcd. */
@Execution(ExecutionMode.CONCURRENT)
abstract class LivePolicyFaultContract {
  private static final String SET = "fairlead-policy:rules:" + SERVICE + ":";

  /** How soon after the end of a fault a change arrives. */
  private static final Duration BACK = Duration.ofSeconds(3);

  private PolicyTrial trial;

  abstract World open();

  @BeforeEach
  void openWorld() {
    trial = new PolicyTrial(open());
  }

  @AfterEach
  void closeWorld() {
    // Nothing was opened where etcd is missing, and the test was skipped.
    if (trial != null) {
      trial.close();
    }
  }

  private World world() {
    return trial.world();
  }

  /** A channel, and a server whose limits are as live as the channel's deadlines. */
  private record Taker(RpcChannel channel, RpcServer server) {
    /** Whether both have what {@link #set} wrote. */
    boolean has(int number) {
      return PolicyTrial.has(channel, number + "s")
          && Objects.equals(server.limits().maxCallsByMethod().get(PING), number);
    }
  }

  private Taker takerWith(int number) {
    EtcdPolicySource source = trial.source("a");
    Taker taker = new Taker(trial.channel(source), trial.server(source));
    set(number);
    world().soon("taken", () -> taker.has(number));
    return taker;
  }

  /** Sets a deadline of so many seconds, and a limit of so many calls. */
  private void set(int number) {
    PolicySet unused =
        trial.set(
            PING, "{\"deadline\":\"%ds\",\"limits\":{\"maxCalls\":%d}}".formatted(number, number));
  }

  @Test
  void whatIsInForceStaysWhileEtcdIsKilledAndLaterChangesArrive() {
    Taker taker = takerWith(1);
    trial.breakEtcd(
        () -> {
          world().stopEtcd();
          world().soon("loss noticed", () -> !trial.registry().health().linked());
          world().pass(Duration.ofSeconds(1));
          assertThat(taker.has(1)).isTrue();
          world().restartEtcd();
        },
        BACK);
    set(2);
    world().within(BACK, "taken", () -> taker.has(2));
    trial.awaitReportOnAnyLease(report("a", 2, 1, 0, ""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChangeWhileCutOffArrivesAfterwardsAlsoIfItsPastIsCompacted(boolean compacted) {
    Taker taker = takerWith(1);
    world().proxy().refuse();
    world().proxy().cut();
    world().soon("loss noticed", () -> !trial.registry().health().linked());
    set(2);
    set(3);
    if (compacted) {
      world().compact();
    }
    assertThat(taker.has(1)).isTrue();
    world().proxy().accept();
    world().within(BACK, "taken", () -> taker.has(3));
    trial.awaitReport(report("a", 3, 1, 0, ""));
  }

  @Test
  void aChangeArrivesAlthoughPacketsVanishedForAWhile() {
    Taker taker = takerWith(1);
    world().expectSilence(true);
    world().proxy().blackHole();
    set(2);
    world().pass(Duration.ofSeconds(1));
    assertThat(taker.has(1)).isTrue();
    world().proxy().heal();
    world().expectSilence(false);
    world().within(world().silence(), "taken", () -> taker.has(2));
  }

  @Test
  void aBackupThatIsRestoredIsFollowedAndSaid() {
    Taker taker = takerWith(1);
    String older = world().get(SET);
    set(2);
    world().soon("taken", () -> taker.has(2));
    try (LogCapture logs = LogCapture.of(EtcdPolicySource.class.getName())) {
      trial.breakEtcd(
          () -> {
            world().wipeEtcd();
            world().put(SET, older);
          },
          BACK);
      world().within(BACK, "followed", () -> taker.has(1));
      assertThat(logs.with("etcd went back from revision 2 to 1")).isNotEmpty();
    }
    trial.awaitReportOnAnyLease(report("a", 1, 1, 0, ""));
  }

  @Test
  void anEtcdThatHasLostEverythingTakesNoPolicyAway() {
    Taker taker = takerWith(1);
    trial.breakEtcd(world()::wipeEtcd, BACK);
    trial.awaitReportOnAnyLease(
        report("a", 1, 1, 0, "etcd has lost this set, and it stays in force here"));
    assertThat(taker.has(1)).isTrue();
    set(2);
    world().within(BACK, "taken", () -> taker.has(2));
    trial.awaitReportOnAnyLease(report("a", 1, 1, 0, ""));
  }

  @Test
  void aKeyDeletedByMistakeTakesNoPolicyAwayAndIsWrittenAgain() {
    Taker taker = takerWith(1);
    world().delete(SET);
    trial.awaitReport(report("a", 1, 1, 0, "etcd has lost this set, and it stays in force here"));
    assertThat(taker.has(1)).isTrue();
    trial.get(trial.policies().rollbackTo(SERVICE, 1, "ann", "deleted by mistake"));
    trial.awaitReport(report("a", 2, 1, 0, ""));
  }
}
