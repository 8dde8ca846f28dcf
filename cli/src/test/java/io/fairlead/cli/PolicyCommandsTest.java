package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.registry.etcd.EtcdPolicySource;
import io.fairlead.testkit.Await;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.InventoryRpc;
import shop.v1.ReserveRequest;

/** Live policies: what an operator types, and what running channels do with it. */
@Timeout(60)
class PolicyCommandsTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";
  private static final String SERVICE = "shop.v1.Inventory";

  private final Fleet fleet = new Fleet();

  @AfterEach
  void close() {
    fleet.close();
  }

  private Cli cli() {
    return Cli.operator(fleet).with("USER", "ann");
  }

  private Cli.Result run(String... args) {
    return cli().run(args);
  }

  /** Runs a command that must succeed, and returns what it wrote. */
  private String ok(String... args) {
    Cli.Result result = run(args);
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    return result.out();
  }

  private void fails(int exit, String message, String... args) {
    Cli.Result result = run(args);
    assertThat(result.err()).startsWith("fairlead: ").contains(message);
    assertThat(result.err().lines()).as("one line, no stack trace").hasSize(1);
    assertThat(result.exit()).isEqualTo(exit);
  }

  private RpcChannel channel(Fleet.Node node, String id) {
    return channel(node, id, source -> source);
  }

  private RpcChannel channel(
      Fleet.Node node, String id, UnaryOperator<EtcdPolicySource.Builder> settings) {
    EtcdPolicySource source = settings.apply(fleet.registry.policySource(id)).open();
    source.ready().toCompletableFuture().join();
    return fleet.watchedChannel(
        node, RpcChannel.to(node.address()).service(InventoryRpc.service()).livePolicies(source));
  }

  private static String deadline(RpcChannel channel) {
    ResolvedPolicy policy = channel.policies().get(RESERVE);
    return policy == null ? "unknown" : policy.describe(PolicyField.DEADLINE);
  }

  private void awaitStatus(String wanted) {
    Await.until(
        "the status says " + wanted, () -> run("policy", "status", SERVICE).out().contains(wanted));
  }

  @Test
  void whoeverIsOnCallChangesADeadlineByOneCommand() {
    Fleet.Node a = fleet.start("a");
    RpcChannel channel = channel(a, "checkout-1");
    assertThat(ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk"))
        .isEqualTo(SERVICE + " is at revision 1 by ann: " + RESERVE + ": deadline none -> 5s\n");
    awaitStatus("1 of 1 process applies revision 1\n");
    assertThat(deadline(channel)).isEqualTo("deadline 5s (live override, revision 1 by ann)");
    assertThat(ok("policy", "get", "a", RESERVE)).contains("5s", "LIVE, revision 1 by ann");
    ReserveRequest broken = ReserveRequest.newBuilder().setSku("broken").build();
    assertThatThrownBy(() -> InventoryRpc.client(channel).reserve(broken))
        .isInstanceOfSatisfying(
            RpcException.class,
            failure ->
                assertThat(failure.explain())
                    .contains("deadline 5s (live override, revision 1 by ann)"));
    assertThat(ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk"))
        .isEqualTo("nothing to change: " + SERVICE + " has that at revision 1\n");
    assertThat(ok("policy", "set", RESERVE, "deadline=none", "--reason", "a new disk"))
        .contains("deadline 5s -> none");
    awaitStatus("1 of 1 process applies revision 2\n");
    assertThat(deadline(channel)).isEqualTo("deadline 300ms (contract)");
  }

  @Test
  void aProcessThatCannotHonourAChangeSaysWhy() {
    Fleet.Node a = fleet.start("a");
    RpcChannel channel = channel(a, "checkout-1");
    ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk");
    awaitStatus("1 of 1 process applies revision 1\n");
    ok("policy", "set", SERVICE + "/Import", "retry.attempts=3", "--reason", "lost imports");
    awaitStatus(
        "0 of 1 process applies revision 2; 1 refuses it: "
            + SERVICE
            + "/Import cannot have retry attempts 3");
    Cli.Result status = run("policy", "status", SERVICE);
    assertThat(status.exit()).isEqualTo(ExitCode.UNCONFIRMED);
    assertThat(status.out()).contains("the method is not marked idempotent");
    assertThat(status.out().lines())
        .last()
        .asString()
        .matches("checkout-1 +- +- +- +1 +2 +refuses revision 2");
    assertThat(deadline(channel)).as("the revision before").contains("revision 1 by ann");
    assertThat(ok("policy", "rollback", SERVICE, "--wait", "20s"))
        .endsWith("\n1 of 1 process applies revision 3\n");
    fails(
        ExitCode.UNCONFIRMED,
        "0 of 1 process applies revision 4; 1 refuses it: " + SERVICE + "/Import cannot",
        "policy",
        "set",
        SERVICE + "/Import",
        "hedging.delay=1s",
        "--reason",
        "x",
        "--wait",
        "20s");
  }

  @Test
  void aMistakeIsRefusedBeforeItReachesAnybody() {
    String[] why = {"--reason", "test"};
    fails(
        ExitCode.USAGE,
        "there is no field \"deadlin\", did you mean \"deadline\"?",
        "policy",
        "set",
        RESERVE,
        "deadlin=5s",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "deadline is 5; use a duration like \"300ms\"",
        "policy",
        "set",
        RESERVE,
        "deadline=5",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "retry.attempts 99 is out of range; use 2 to 10",
        "policy",
        "set",
        RESERVE,
        "retry.attempts=99",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "\"deadline\" is not of the form FIELD=VALUE; write it like deadline=300ms",
        "policy",
        "set",
        RESERVE,
        "deadline",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "policy name \"shop v1\" is not a method, a service or \"*\"",
        "policy",
        "set",
        "shop v1",
        "deadline=5s",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "authScopes is of servers, and does not change while they run",
        "policy",
        "set",
        RESERVE,
        "authScopes=[\"a\"]",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "Missing required option: '--reason=TEXT'",
        "policy",
        "set",
        RESERVE,
        "deadline=5s");
    Cli.Result nobody = Cli.of(fleet).run("policy", "set", RESERVE, "deadline=5s", why[0], why[1]);
    assertThat(nobody.err()).contains("give --author or FAIRLEAD_AUTHOR");
    assertThat(nobody.exit()).isEqualTo(ExitCode.USAGE);
    fails(ExitCode.NOT_FOUND, "no live policy was ever set", "policy", "status", SERVICE);
    assertThat(ok("policy", "status")).isEqualTo("no live policies\n");
    fails(
        ExitCode.USAGE,
        "live policies are kept in etcd, and static://127.0.0.1:1/a is none",
        "policy",
        "status",
        "--registry",
        "static://127.0.0.1:1/a");
    fails(
        ExitCode.UNREACHABLE,
        "127.0.0.1:1",
        "policy",
        "status",
        "--registry",
        "etcd://127.0.0.1:1",
        "--timeout",
        "2s");
  }

  @Test
  void whoeverComesSecondLearnsWhatTheFirstOneChanged() {
    ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk");
    ok("policy", "set", RESERVE, "deadline=1s", "--reason", "impatient", "--author", "bob");
    fails(
        ExitCode.FAILED,
        "expected revision 1, and there is revision 2 by bob",
        "policy",
        "set",
        RESERVE,
        "deadline=7s",
        "--reason",
        "slower",
        "--expect",
        "1");
    fails(
        ExitCode.FAILED,
        "(impatient): " + RESERVE + ": deadline 5s -> 1s; look at what it changed",
        "policy",
        "set",
        RESERVE,
        "deadline=7s",
        "--reason",
        "slower",
        "--expect",
        "1");
    assertThat(ok("policy", "history", SERVICE))
        .containsPattern("2 +\\S+ +bob +impatient +" + RESERVE + ": deadline 5s -> 1s")
        .containsPattern("1 +\\S+ +ann +slow disk +" + RESERVE + ": deadline none -> 5s");
    assertThat(ok("policy", "diff", SERVICE)).isEqualTo(RESERVE + ": deadline 5s -> 1s\n");
    assertThat(ok("policy", "diff", SERVICE, "0", "1"))
        .isEqualTo(RESERVE + ": deadline none -> 5s\n");
    fails(ExitCode.NOT_FOUND, "there are 1 to 2", "policy", "diff", SERVICE, "9");
    fails(ExitCode.NOT_FOUND, "did you mean \"" + SERVICE, "policy", "history", "shop.v1.Inventry");
    assertThat(ok("policy", "rollback", SERVICE))
        .contains("revision 3 by ann: back to revision 1: " + RESERVE + ": deadline 1s -> 5s");
    fails(
        ExitCode.USAGE,
        "revision 9 of " + SERVICE + " is not kept; there are 1 to 3",
        "policy",
        "rollback",
        SERVICE,
        "--to",
        "9");
  }

  @Test
  void anEmergencyRuleWinsAndEndsByOneWord() {
    Fleet.Node a = fleet.start("a");
    RpcChannel channel = channel(a, "checkout-1");
    ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk");
    ok("policy", "set", SERVICE, "deadline=9s", "--for", "10m", "--reason", "fire");
    Await.until("taken", () -> deadline(channel).startsWith("deadline 9s (live override, emerg"));
    awaitStatus("1 of 1 process applies revision 2\n");
    JsonObject status =
        JsonParser.parseString(ok("policy", "status", SERVICE, "--json")).getAsJsonObject();
    assertThat(status.get("applied").getAsInt()).isEqualTo(1);
    assertThat(status.getAsJsonArray("emergencies")).hasSize(1);
    assertThat(ok("policy", "end", SERVICE))
        .contains("revision 3 by ann: emergency, " + SERVICE + ": deadline 9s -> none");
    Await.until("ended", () -> deadline(channel).startsWith("deadline 5s (live override, rev"));
    assertThat(ok("policy", "end", SERVICE))
        .isEqualTo("nothing to end: " + SERVICE + " has no emergency rule\n");
    fails(
        ExitCode.USAGE,
        "an emergency rule cannot last 1s; use 10s to 24h",
        "policy",
        "set",
        SERVICE,
        "deadline=9s",
        "--for",
        "1s",
        "--reason",
        "fire");
  }

  @Test
  void aRuleForOneZoneLeavesTheOthersAlone() {
    Fleet.Node a = fleet.start("a");
    RpcChannel north = channel(a, "n-1", source -> source.caller("checkout").zone("north"));
    RpcChannel south = channel(a, "s-1", source -> source.caller("checkout").zone("south"));
    ok("policy", "set", RESERVE, "deadline=5s", "--zone", "north", "--reason", "slow disk");
    awaitStatus("2 of 2 processes apply revision 1\n");
    assertThat(deadline(north)).startsWith("deadline 5s");
    assertThat(deadline(south)).startsWith("deadline 300ms");
    assertThat(ok("policy", "status", SERVICE, "--all"))
        .contains(RESERVE + " (zone north)")
        .containsPattern("n-1 +checkout +north +- +1 +1 +applies it")
        .containsPattern("s-1 +checkout +south +- +1 +0 +applies it");
  }
}
