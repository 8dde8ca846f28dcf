package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.registry.etcd.EtcdPolicySource;
import io.fairlead.registry.etcd.PolicyChange;
import io.fairlead.registry.etcd.PolicyTarget;
import io.fairlead.testkit.Await;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Live policies: what an operator types, and what running channels do with it. */
@Timeout(60)
class PolicyCommandsTest {
  private static final String RESERVE = "shop.v1.Inventory/Reserve";
  private static final String SERVICE = "shop.v1.Inventory";
  private static final String UNCHECKED = "the bounds of the contract were not checked, as no";

  private static final ReserveRequest PEN = ReserveRequest.newBuilder().setSku("pen").build();

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
    // Without an instance, nobody shows the contract.
    assertThat(result.err()).matches("(fairlead: " + UNCHECKED + "[^\n]*\n)?");
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

  /** Knows one other side, and copies nothing. */
  private record Canary() implements CallMirror {
    @Override
    public <Q, R> Copier<Q, R> copier(
        MethodDescriptor<Q, R> method,
        boolean noSideEffects,
        MirrorPolicy policy,
        Consumer<Result> results) {
      if (!policy.to().equals("canary")) {
        throw new IllegalArgumentException("this mirror knows no \"" + policy.to() + "\"");
      }
      return (request, headers, status, response) -> {};
    }
  }

  private static String mirror(RpcChannel channel) {
    return Objects.requireNonNull(channel.policies().get(RESERVE)).describe(PolicyField.MIRROR);
  }

  @Test
  void aMirrorIsSetShownAndRefusedAsAnyField() {
    Fleet.Node a = fleet.start("a");
    RpcChannel without = channel(a, "without");
    EtcdPolicySource source = fleet.registry.policySource("checkout-1").open();
    source.ready().toCompletableFuture().join();
    RpcChannel channel =
        fleet.watchedChannel(
            a,
            RpcChannel.to(a.address())
                .service(InventoryRpc.service())
                .mirror(new Canary())
                .livePolicies(source));
    assertThat(
            ok(
                "policy",
                "set",
                RESERVE,
                "mirror.to=canary",
                "mirror.percent=5",
                "--reason",
                "compare"))
        .isEqualTo(
            SERVICE + " is at revision 1 by ann: " + RESERVE + ": mirror none -> 5% to canary\n");
    awaitStatus("2 of 2 processes apply revision 1\n");
    assertThat(ok("policy", "status", SERVICE)).contains("{mirror: 5% to canary}");
    assertThat(ok("policy", "get", "a", RESERVE)).contains("5% to canary", "LIVE, revision 1");
    for (RpcChannel each : List.of(without, channel)) {
      assertThat(mirror(each)).isEqualTo("mirror 5% to canary (live override, revision 1 by ann)");
    }
    ok("policy", "set", RESERVE, "mirror.to=nowhere", "--reason", "a mistake");
    awaitStatus("1 of 2 processes apply revision 2; 1 refuses it: " + RESERVE + " cannot have");
    assertThat(run("policy", "status", SERVICE).out()).contains("this mirror knows no \"nowhere\"");
    assertThat(mirror(channel)).isEqualTo("mirror 5% to canary (live override, revision 1 by ann)");
    fails(
        ExitCode.USAGE,
        "mirror.percent 101 is out of range; use 0 to 100",
        "policy",
        "set",
        RESERVE,
        "mirror.percent=101",
        "--reason",
        "too much");
    fails(
        ExitCode.USAGE,
        "mirror.to is not set",
        "policy",
        "set",
        SERVICE + "/Sync",
        "mirror.percent=1",
        "--reason",
        "nowhere");
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

  private void failsByBounds(String... options) {
    List<String> command = new ArrayList<>(List.of("policy", "set"));
    command.addAll(List.of(options));
    command.addAll(List.of("deadline=2m", "--reason", "slow disk", "--timeout", "60s"));
    fails(
        ExitCode.USAGE,
        RESERVE
            + " cannot have the live policy deadline 2m: its contract shop/v1/inventory.proto allows"
            + " 10ms to 1m (live.deadline); keep to that, or change the contract",
        command.toArray(String[]::new));
  }

  @Test
  void aValueThatTheContractDoesNotAllowReachesNobody(@TempDir Path folder) throws IOException {
    Path descriptors = folder.resolve("inventory.desc");
    FileDescriptor file = ((ProtoFileDescriptorSupplier) schema()).getFileDescriptor();
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    set.addFile(DescriptorProtos.getDescriptor().toProto());
    file.getDependencies().forEach(each -> set.addFile(each.toProto()));
    Files.write(descriptors, set.addFile(file.toProto()).build().toByteArray());
    failsByBounds(RESERVE, "--descriptors", descriptors.toString());
    fails(
        ExitCode.USAGE,
        "inventory.desc has no service shop.v1.Stock; there is shop.v1.Inventory",
        "policy",
        "set",
        "shop.v1.Stock",
        "deadline=5s",
        "--reason",
        "x",
        "--descriptors",
        descriptors.toString());
    fails(
        ExitCode.USAGE,
        "nothing.desc",
        "policy",
        "set",
        RESERVE,
        "deadline=5s",
        "--reason",
        "x",
        "--descriptors",
        "nothing.desc");
    fleet.start("a");
    failsByBounds(RESERVE);
    failsByBounds(SERVICE, "--for", "1m");
    assertThat(ok("policy", "status")).isEqualTo("no live policies\n");
  }

  private static Object schema() {
    return Objects.requireNonNull(InventoryRpc.service().descriptor().getSchemaDescriptor());
  }

  @Test
  void aProcessRefusesWhatItsContractDoesNotAllow() {
    RpcChannel channel = channel(fleet.start("a"), "checkout-1");
    ok("policy", "set", RESERVE, "deadline=5s", "--reason", "slow disk");
    awaitStatus("1 of 1 process applies revision 1\n");
    // Somebody whose contract is another one, or who does not look at it.
    fleet
        .registry
        .policies()
        .change(
            PolicyChange.builder(PolicyTarget.of(SERVICE))
                .patch("{\"deadline\":\"1ms\"}")
                .author("bob")
                .reason("impatient")
                .build())
        .toCompletableFuture()
        .join();
    awaitStatus(
        "0 of 1 process applies revision 2; 1 refuses it: "
            + RESERVE
            + " cannot have the live policy deadline 1ms: its contract shop/v1/inventory.proto"
            + " allows 10ms to 1m (live.deadline)");
    assertThat(deadline(channel)).isEqualTo("deadline 5s (live override, revision 1 by ann)");
  }

  @Test
  void aChangeWithoutAContractIsMadeAndSaysThatNobodyHasCheckedIt() {
    Cli.Result result = run("policy", "set", RESERVE, "deadline=2m", "--reason", "slow disk");
    assertThat(result.exit()).isZero();
    assertThat(result.err())
        .isEqualTo(
            "fairlead: "
                + UNCHECKED
                + " process of "
                + fleet.url()
                + " shows shop.v1.Inventory by reflection; processes check them all the same, and"
                + " --descriptors reads them from a file\n");
    Cli.Result json =
        run("policy", "set", RESERVE, "deadline=3m", "--reason", "slow disk", "--json");
    assertThat(JsonParser.parseString(json.err()).getAsJsonObject().get("warning").getAsString())
        .startsWith(UNCHECKED);
    assertThat(JsonParser.parseString(json.out()).getAsJsonObject().get("revision").getAsInt())
        .isEqualTo(2);
    Cli.Result all = run("policy", "set", "*", "deadline=2m", "--reason", "slow disk");
    assertThat(all.err()).as("contracts of all services").isEmpty();
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
  void anOverloadedServerGetsALimitByOneCommandAndLosesNoCall() throws Exception {
    EtcdPolicySource source = fleet.registry.policySource("inventory-a").open();
    source.ready().toCompletableFuture().join();
    Fleet.Node a = fleet.start("a", builder -> builder.livePolicies(source));
    Channel channel =
        fleet
            .watchedChannel(a, RpcChannel.to(a.address()).service(InventoryRpc.service()))
            .with(
                CallSettings.builder()
                    .policy(
                        MethodPolicy.builder()
                            .deadline(Duration.ofMinutes(1))
                            .failureMode(FailureMode.FAILFAST)
                            .build())
                    .build());
    ReserveRequest slow = ReserveRequest.newBuilder().setSku("slow").build();
    List<CompletionStage<Reservation>> running = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      running.add(InventoryRpc.asyncClient(channel).reserve(slow));
    }
    fleet.arrived.acquire(2);
    assertThat(ok("policy", "set", SERVICE, "limits.maxCalls=1", "--reason", "overload"))
        .isEqualTo(
            SERVICE + " is at revision 1 by ann: " + SERVICE + ": limits.maxCalls none -> 1\n");
    awaitStatus("1 of 1 process applies revision 1\n");
    assertThat(ok("policy", "status", SERVICE))
        .containsPattern(SERVICE + " +\\{limits.maxCalls: 1} +1 +ann +-");
    JsonObject json =
        JsonParser.parseString(ok("policy", "status", SERVICE, "--json")).getAsJsonObject();
    assertThat(json.getAsJsonArray("rules").get(0).getAsJsonObject().get("limits"))
        .hasToString("{\"maxCalls\":1}");
    assertThatThrownBy(() -> InventoryRpc.client(channel).reserve(PEN))
        .isInstanceOf(RpcException.class)
        .hasMessageContaining("the server has 2 calls in flight, the limit for calls of priority");
    fleet.letGo.countDown();
    for (CompletionStage<Reservation> each : running) {
      assertThat(each.toCompletableFuture().get(30, TimeUnit.SECONDS).getSku()).isEqualTo("slow");
    }
    assertThat(a.server().limits().maxCalls()).hasValue(1);
    assertThat(a.server().limitsOrigin()).isEqualTo("maxCalls: revision 1 by ann");
    Await.until("room again", () -> a.server().load().inFlight() == 0);
    assertThat(ok("policy", "get", "a"))
        .containsPattern("inventory +maxCalls 1, .* +LIVE, maxCalls: revision 1 by ann\n");
    assertThat(ok("policy", "get", "a", "--json"))
        .contains("\"limits\":[{\"server\":\"inventory\",\"limits\":\"maxCalls 1, ");
    assertThat(InventoryRpc.client(channel).reserve(PEN).getSku()).isEqualTo("pen");
    assertThat(ok("policy", "rollback", SERVICE, "--wait", "20s"))
        .endsWith("\n1 of 1 process applies revision 2\n");
    assertThat(a.server().limits()).isEqualTo(ConcurrencyLimits.NONE);
    fails(
        ExitCode.USAGE,
        "limits.maxQueuedCalls is of whole servers, and " + RESERVE + " is a method",
        "policy",
        "set",
        RESERVE,
        "limits.maxQueuedCalls=5",
        "--reason",
        "x");
  }

  @Test
  void aShareOfTheCallsGoesToACanaryByOneCommand() {
    fleet.start("a");
    Fleet.Node canary = fleet.start("b", builder -> builder.version("2.0"));
    EtcdPolicySource source = fleet.registry.policySource("checkout-1").open();
    source.ready().toCompletableFuture().join();
    List<String> served = new CopyOnWriteArrayList<>();
    RpcChannel channel =
        fleet.watchedChannel(
            canary,
            RpcChannel.to("registry:///inventory")
                .registry(fleet.registry)
                .service(InventoryRpc.service())
                .livePolicies(source)
                .observer(outcome -> served.add(outcome.attempts().get(0).endpointId())));
    // The first call connects.
    assertThat(InventoryRpc.client(channel).reserve(PEN).getSku()).isEqualTo("pen");
    Await.until("both are known", () -> channel.endpoints().size() == 2);
    assertThat(ok("route", SERVICE, "version=2.0", "100%", "--reason", "canary"))
        .isEqualTo(
            SERVICE
                + " is at revision 1 by ann: "
                + SERVICE
                + ": route none -> 100% to version=2.0\n");
    awaitStatus("1 of 1 process applies revision 1\n");
    awaitServedBy(channel, served, "b");
    assertThat(ok("route", SERVICE, "version=2.0", "0", "--reason", "it fails"))
        .contains("route 100% to version=2.0 -> 0% to version=2.0");
    awaitStatus("1 of 1 process applies revision 2\n");
    awaitServedBy(channel, served, "a");
    assertThat(ok("route", RESERVE, "id=a", "0.5%", "--reason", "slow disk", "--for", "1h"))
        .contains("emergency, " + RESERVE + ": route none -> 0.5% to id=a");
    assertThat(ok("policy", "end", SERVICE)).contains("route 0.5% to id=a -> none");
    assertThat(ok("policy", "set", SERVICE, "route.value=3", "route.percent=5", "--reason", "x"))
        .contains("route 0% to version=2.0 -> 5% to version=3");
    assertThat(ok("route", SERVICE, "off", "--reason", "over"))
        .contains("route 5% to version=3 -> none");
  }

  /** All of several calls: one that goes there by chance is no sign. */
  private static void awaitServedBy(RpcChannel channel, List<String> served, String id) {
    Await.until(
        "served by " + id + " alone",
        () -> {
          served.clear();
          for (int i = 0; i < 20; i++) {
            ReserveRequest pen = ReserveRequest.newBuilder().setSku("pen-" + i).build();
            assertThat(InventoryRpc.client(channel).reserve(pen).getSku()).startsWith("pen");
          }
          return served.size() >= 20 && served.stream().allMatch(id::equals);
        });
  }

  @Test
  void aRouteThatCannotBeIsRefusedWithTheWayOut() {
    String[] why = {"--reason", "x"};
    fails(
        ExitCode.USAGE,
        "\"version\" is not of the form TAG=VALUE; write it like version=2.0, or \"off\"",
        "route",
        SERVICE,
        "version",
        "10%",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "the share of the calls is missing; write it like version=2.0 10%",
        "route",
        SERVICE,
        "version=2.0",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "\"ten\" is no share of the calls; write it like 10% or 0.5%",
        "route",
        SERVICE,
        "version=2.0",
        "ten",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "route.percent 101 is out of range; use 0 to 100",
        "route",
        SERVICE,
        "version=2.0",
        "101%",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "a route that is off has no share; leave it out",
        "route",
        SERVICE,
        "off",
        "10%",
        why[0],
        why[1]);
    fails(
        ExitCode.USAGE,
        "policy name \"shop v1\" is not a method, a service or \"*\"",
        "route",
        "shop v1",
        "version=2.0",
        "10%",
        why[0],
        why[1]);
    assertThat(ok("policy", "status")).isEqualTo("no live policies\n");
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
