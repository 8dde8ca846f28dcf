package io.fairlead.registry.etcd;

import static io.fairlead.registry.etcd.PolicyTrial.SERVICE;
import static io.fairlead.registry.etcd.PolicyTrial.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.testkit.LogCapture;
import java.time.Duration;
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

  private RpcChannel channelWith(String deadline) {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.deadline(deadline);
    trial.awaitDeadline(channel, deadline);
    return channel;
  }

  @Test
  void whatIsInForceStaysWhileEtcdIsKilledAndLaterChangesArrive() {
    RpcChannel channel = channelWith("1s");
    trial.breakEtcd(
        () -> {
          world().stopEtcd();
          world().soon("loss noticed", () -> !trial.registry().health().linked());
          world().pass(Duration.ofSeconds(1));
          assertThat(PolicyTrial.deadline(channel)).startsWith("deadline 1s (live override");
          world().restartEtcd();
        },
        BACK);
    trial.deadline("2s");
    world().within(BACK, "taken", () -> PolicyTrial.has(channel, "2s"));
    trial.awaitReportOnAnyLease(report("a", 2, 1, 0, ""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChangeWhileCutOffArrivesAfterwardsAlsoIfItsPastIsCompacted(boolean compacted) {
    RpcChannel channel = channelWith("1s");
    world().proxy().refuse();
    world().proxy().cut();
    world().soon("loss noticed", () -> !trial.registry().health().linked());
    trial.deadline("2s");
    trial.deadline("3s");
    if (compacted) {
      world().compact();
    }
    assertThat(PolicyTrial.has(channel, "1s")).isTrue();
    world().proxy().accept();
    world().within(BACK, "taken", () -> PolicyTrial.has(channel, "3s"));
    trial.awaitReport(report("a", 3, 1, 0, ""));
  }

  @Test
  void aChangeArrivesAlthoughPacketsVanishedForAWhile() {
    RpcChannel channel = channelWith("1s");
    world().expectSilence(true);
    world().proxy().blackHole();
    trial.deadline("2s");
    world().pass(Duration.ofSeconds(1));
    assertThat(PolicyTrial.has(channel, "1s")).isTrue();
    world().proxy().heal();
    world().expectSilence(false);
    world().within(world().silence(), "taken", () -> PolicyTrial.has(channel, "2s"));
  }

  @Test
  void aBackupThatIsRestoredIsFollowedAndSaid() {
    RpcChannel channel = channelWith("1s");
    String older = world().get(SET);
    trial.deadline("2s");
    trial.awaitDeadline(channel, "2s");
    try (LogCapture logs = LogCapture.of(EtcdPolicySource.class.getName())) {
      trial.breakEtcd(
          () -> {
            world().wipeEtcd();
            world().put(SET, older);
          },
          BACK);
      world().within(BACK, "followed", () -> PolicyTrial.has(channel, "1s"));
      assertThat(logs.with("etcd went back from revision 2 to 1")).isNotEmpty();
    }
    trial.awaitReportOnAnyLease(report("a", 1, 1, 0, ""));
  }

  @Test
  void anEtcdThatHasLostEverythingTakesNoPolicyAway() {
    RpcChannel channel = channelWith("1s");
    trial.breakEtcd(world()::wipeEtcd, BACK);
    trial.awaitReportOnAnyLease(
        report("a", 1, 1, 0, "etcd has lost this set, and it stays in force here"));
    assertThat(PolicyTrial.has(channel, "1s")).isTrue();
    trial.deadline("2s");
    world().within(BACK, "taken", () -> PolicyTrial.has(channel, "2s"));
    trial.awaitReportOnAnyLease(report("a", 1, 1, 0, ""));
  }

  @Test
  void aKeyDeletedByMistakeTakesNoPolicyAwayAndIsWrittenAgain() {
    RpcChannel channel = channelWith("1s");
    world().delete(SET);
    trial.awaitReport(report("a", 1, 1, 0, "etcd has lost this set, and it stays in force here"));
    assertThat(PolicyTrial.has(channel, "1s")).isTrue();
    trial.get(trial.policies().rollbackTo(SERVICE, 1, "ann", "deleted by mistake"));
    trial.awaitReport(report("a", 2, 1, 0, ""));
  }
}
