package io.fairlead.registry.etcd;

import static io.fairlead.registry.etcd.PolicyTrial.PING;
import static io.fairlead.registry.etcd.PolicyTrial.SERVICE;
import static io.fairlead.registry.etcd.PolicyTrial.report;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.client.RpcChannel;
import io.fairlead.options.Live;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import io.fairlead.options.TimeBounds;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.PolicySource;
import io.fairlead.testkit.LogCapture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Live policies on an embedded etcd, in virtual time: what is written, and who takes it. */
@Timeout(120)
class LivePolicyTest {
  private static final String NOT_IDEMPOTENT = "{\"retry\":{\"attempts\":3}}";

  private final EmbeddedWorld world = new EmbeddedWorld();
  private final PolicyTrial trial = new PolicyTrial(world);
  private final EtcdPolicies policies = trial.policies();

  @TempDir private Path directory;

  @AfterEach
  void close() {
    trial.close();
  }

  private static String set(String service, String fields) {
    return "{\"format\":1,\"service\":\""
        + service
        + "\",\"by\":\"bob\",\"why\":\"by hand\",\"at\":\"2026-01-01T00:00:00Z\",\"change\":\"\","
        + fields
        + "}";
  }

  private static String setKey(String service) {
    return "fairlead-policy:rules:" + service + ":";
  }

  @Test
  void aRunningChannelTakesADeadlineWithoutARestart() {
    RpcChannel channel = trial.channel(trial.source("a"));
    assertThat(PolicyTrial.deadline(channel)).isEqualTo("deadline none (default)");
    PolicySet written = trial.deadline("300ms");
    assertThat(written.revision()).isEqualTo(1);
    assertThat(written.change()).isEqualTo("test.Ping/Ping: deadline none -> 300ms");
    trial.awaitDeadline(channel, "300ms");
    assertThat(PolicyTrial.deadline(channel))
        .isEqualTo("deadline 300ms (live override, revision 1 by ann)");
    trial.awaitReport(report("a", 1, 1, 0, ""));
  }

  @Test
  void ofTwoWritersAtTheSameTimeNoneLosesItsChangeWithoutASign() {
    trial.deadline("1s");
    CompletableFuture<PolicySet> ann =
        policies
            .change(PolicyTrial.change(PolicyTarget.of(PING), "{\"deadline\":\"2s\"}").build())
            .toCompletableFuture();
    CompletableFuture<PolicySet> bob =
        policies
            .change(
                PolicyTrial.change(PolicyTarget.of(PING), "{\"deadline\":\"3s\"}")
                    .author("bob")
                    .build())
            .toCompletableFuture();
    world.soon("both answered", () -> ann.isDone() && bob.isDone());
    List<Long> written = new ArrayList<>();
    for (CompletableFuture<PolicySet> each : List.of(ann, bob)) {
      try {
        written.add(trial.get(each).revision());
      } catch (PolicyConflictException e) {
        // It came second, and LostAnswerTest has what it says.
        assertThat(e.current().revision()).isEqualTo(2);
      }
    }
    assertThat(written).isNotEmpty().doesNotHaveDuplicates();
    assertThat(trial.get(policies.history(SERVICE))).hasSize(1 + written.size());
    assertThat(trial.get(policies.read(SERVICE)).revision()).isEqualTo(1 + written.size());
  }

  @Test
  void ninetySevenOfAHundredApplyItAndThreeSayWhyNot() {
    trial.deadline("300ms");
    List<EtcdPolicySource> sources = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      EtcdPolicySource source = trial.registry().policySource("checkout-" + (100 + i)).open();
      sources.add(source);
      if (i < 3) {
        // Only these call the method, and know that it must not run twice.
        trial.channel(source);
      }
    }
    world.soon("all of revision 1", () -> applied() == 100);
    trial.set(PING, NOT_IDEMPOTENT);
    world.soon("97 of 100", () -> applied() == 97);
    world.soon(
        "3 refuse",
        () -> trial.reports().stream().filter(each -> each.refused() == 2).count() == 3);
    assertThat(trial.reports().get(0))
        .satisfies(
            refusal -> {
              assertThat(refusal.id()).isEqualTo("checkout-100");
              assertThat(refusal.revision()).isEqualTo(1);
              assertThat(refusal.reason())
                  .startsWith("test.Ping/Ping cannot have retry attempts 3")
                  .contains("(live override, revision 2 by ann)")
                  .contains("the method is not marked idempotent");
            });
    trial.get(policies.rollback(SERVICE, "ann", "it breaks three"));
    world.soon("all of revision 3", () -> applied() == 100);
    world.close(sources.get(0));
    world.soon("gone without a trace", () -> trial.reports().size() == 99);
  }

  private boolean refuses(long revision) {
    return trial.reports().stream().anyMatch(each -> each.refused() == revision);
  }

  private long applied() {
    PolicySet set = trial.get(policies.read(SERVICE));
    return trial.reports().stream().filter(each -> each.applies(set)).count();
  }

  @Test
  void aSetThatOneChannelRefusesHoldsNoOtherSetBack() {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.set(PING, NOT_IDEMPOTENT);
    trial.set("*", "{\"deadline\":\"7s\"}");
    trial.awaitDeadline(channel, "7s");
    world.soon("refused", () -> refuses(1));
    world.soon(
        "the other is applied",
        () -> trial.get(policies.reports("*")).equals(List.of(report("a", 1, 1, 0, ""))));
  }

  @Test
  void aProcessStartsAlthoughEtcdHasASetThatItCannotHonour() {
    trial.set(PING, NOT_IDEMPOTENT);
    trial.set("*", "{\"deadline\":\"7s\"}");
    RpcChannel channel = trial.channel(trial.source("a"));
    assertThat(PolicyTrial.deadline(channel)).startsWith("deadline 7s");
    world.soon("refused", () -> refuses(1));
    assertThat(trial.reports().get(0).revision()).isZero();
  }

  @Test
  void whatIsWrittenByHandIsCheckedBeforeItIsTaken() {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.deadline("300ms");
    trial.awaitDeadline(channel, "300ms");
    try (LogCapture logs = LogCapture.of(EtcdPolicySource.class.getName())) {
      for (String[] row :
          new String[][] {
            {"}", "this is not JSON"},
            {"[]", "this is not an object of JSON"},
            {"{\"format\":2}", "it has the format 2, and this process knows 1; update it"},
            {set("test.Pong", "\"revision\":2,\"rules\":[]"), "service is \"test.Pong\""},
            {set(SERVICE, "\"rules\":[]"), "revision is missing"},
            {
              set(SERVICE, "\"revision\":2,\"rulez\":[]"),
              "no field \"rulez\", did you mean \"rules"
            },
            {
              rule("\"deadlin\":\"1s\""), "there is no field \"deadlin\", did you mean \"deadline\""
            },
            {rule("\"deadline\":\"-1s\""), "deadline is \"-1s\"; use a duration like"},
            {rule("\"retry\":{\"attempts\":99}"), "retry.attempts 99 is out of range; use 2 to 10"},
            {rule("\"priority\":\"HIGH\""), "priority is of servers"},
          }) {
        world.put(setKey(SERVICE), row[0]);
        world.soon(
            row[1],
            () -> trial.reports().stream().anyMatch(each -> each.reason().contains(row[1])));
        assertThat(trial.reports().get(0).refused()).isEqualTo(2);
        assertThat(logs.with(row[1])).as(row[1]).hasSize(1);
        assertThat(PolicyTrial.has(channel, "300ms")).isTrue();
      }
    }
    assertThatThrownBy(() -> trial.deadline("1s"))
        .hasMessageContaining("a rollback writes an earlier revision over it");
    trial.get(policies.rollbackTo(SERVICE, 1, "ann", "somebody wrote by hand"));
    trial.awaitReport(report("a", 2, 1, 0, ""));
    // Several lines are JSON too.
    world.put(
        setKey(SERVICE), rule("\"deadline\":\"4s\"").replace(",", ",\n  ").replace(": 2", ": 3"));
    trial.awaitDeadline(channel, "4s");
  }

  /** Of the ping, whose deadlines are bounded, and of a stream whose are not. */
  private static ServiceDescriptor contract() throws DescriptorValidationException {
    Policy bounded =
        Policy.newBuilder()
            .setLive(
                Live.newBuilder().setDeadline(TimeBounds.newBuilder().setMin("50ms").setMax("5s")))
            .build();
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("ping.proto")
            .setPackage("test")
            .addDependency(OptionsProto.getDescriptor().getName())
            .addMessageType(DescriptorProto.newBuilder().setName("Q"))
            .addService(
                ServiceDescriptorProto.newBuilder()
                    .setName("Ping")
                    .addMethod(
                        MethodDescriptorProto.newBuilder()
                            .setName("Ping")
                            .setInputType(".test.Q")
                            .setOutputType(".test.Q")
                            .setOptions(
                                MethodOptions.newBuilder()
                                    .setExtension(OptionsProto.method, bounded)))
                    .addMethod(
                        MethodDescriptorProto.newBuilder()
                            .setName("Follow")
                            .setInputType(".test.Q")
                            .setOutputType(".test.Q")
                            .setServerStreaming(true)))
            .build();
    return FileDescriptor.buildFrom(file, new FileDescriptor[] {OptionsProto.getDescriptor()})
        .getServices()
        .get(0);
  }

  @Test
  void whatTheBoundsOfTheContractDoNotAllowIsNotWritten() throws DescriptorValidationException {
    ServiceDescriptor contract = contract();
    for (String name : new String[] {PING, SERVICE, "*"}) {
      PolicyChange.Builder change =
          PolicyTrial.change(PolicyTarget.of(name), "{\"deadline\":\"9s\"}").contract(contract);
      for (PolicyChange each :
          List.of(change.build(), change.lasting(Duration.ofMinutes(1)).build())) {
        assertThatThrownBy(() -> trial.get(policies.change(each)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(
                "test.Ping/Ping cannot have the live policy deadline 9s: its contract ping.proto"
                    + " allows 50ms to 5s (live.deadline); keep to that, or change the contract");
      }
    }
    assertThat(trial.get(policies.services())).isEmpty();
    PolicySet allowed =
        trial.get(
            policies.change(
                PolicyTrial.change(PolicyTarget.of(SERVICE), "{\"deadline\":\"5s\"}")
                    .contract(contract)
                    .build()));
    assertThat(allowed.revision()).isEqualTo(1);
    // It bounds one method, and not its neighbour.
    trial.get(
        policies.change(
            PolicyTrial.change(PolicyTarget.of("test.Ping/Follow"), "{\"deadline\":\"9s\"}")
                .contract(contract)
                .build()));
    assertThatThrownBy(
            () ->
                PolicyTrial.change(PolicyTarget.of("test.Pong"), "{\"deadline\":\"1s\"}")
                    .contract(contract)
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the change is for test.Pong, and the contract is that of test.Ping; give the contract"
                + " of test.Pong");
  }

  private static String rule(String policy) {
    return set(
        SERVICE,
        "\"revision\": 2,\"rules\":[{\"name\":\"test.Ping/Ping\",\"policy\":{"
            + policy
            + "},\"revision\":2,\"by\":\"bob\",\"why\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}]");
  }

  @Test
  void theNarrowerRuleWinsAndAnEmergencyRuleWinsOverAll() {
    RpcChannel channel =
        trial.channel(trial.source("a", source -> source.caller("till").zone("north")));
    RpcChannel other = trial.channel(trial.source("b", source -> source.caller("till")));
    trial.deadline("1s");
    trial.set(PolicyTarget.of(PING).zone("north"), "{\"deadline\":\"2s\"}");
    trial.set(PolicyTarget.of(PING).zone("north").caller("till"), "{\"deadline\":\"3s\"}");
    trial.set(PolicyTarget.of(PING).zone("south").caller("till"), "{\"deadline\":\"4s\"}");
    trial.set(PolicyTarget.of(SERVICE).zone("north").caller("till"), "{\"deadline\":\"5s\"}");
    trial.set("*", "{\"deadline\":\"6s\"}");
    trial.awaitDeadline(channel, "3s");
    trial.awaitDeadline(other, "1s");
    emergency("*", "9s");
    trial.awaitDeadline(channel, "9s");
    trial.awaitDeadline(other, "9s");
    emergency(SERVICE, "8s");
    trial.awaitDeadline(channel, "8s");
    emergency(SERVICE, "7s");
    trial.awaitDeadline(channel, "7s");
    assertThat(PolicyTrial.deadline(channel))
        .contains("(live override, emergency until 2026-01-01T00:01:00Z, revision 7 by ann)");
    trial.get(policies.endEmergencies(SERVICE, "ann", "over"));
    trial.awaitDeadline(channel, "9s");
    trial.get(policies.endEmergencies("*", "ann", "over"));
    trial.awaitDeadline(channel, "3s");
  }

  private PolicySet emergency(String name, String deadline) {
    return trial.get(
        policies.change(
            PolicyTrial.change(PolicyTarget.of(name), "{\"deadline\":\"" + deadline + "\"}")
                .lasting(Duration.ofSeconds(60))
                .build()));
  }

  @Test
  void anEmergencyRuleEndsByItself() {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.deadline("1s");
    assertThat(emergency(PING, "9s").emergencies()).hasSize(1);
    trial.awaitDeadline(channel, "9s");
    world.pass(Duration.ofSeconds(50));
    assertThat(PolicyTrial.has(channel, "9s")).isTrue();
    world.within(Duration.ofSeconds(15), "ended", () -> PolicyTrial.has(channel, "1s"));
    assertThat(trial.get(policies.read(SERVICE)).emergencies()).isEmpty();
    trial.awaitReport(report("a", 2, 1, 0, ""));
  }

  @Test
  void anEmergencyRuleEndsWhileEtcdIsSilent() {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.deadline("1s");
    emergency(PING, "9s");
    trial.awaitDeadline(channel, "9s");
    world.stopEtcd();
    world.soon("loss noticed", () -> !trial.registry().health().linked());
    world.pass(Duration.ofSeconds(50));
    assertThat(PolicyTrial.has(channel, "9s")).isTrue();
    world.within(Duration.ofSeconds(15), "ended", () -> PolicyTrial.has(channel, "1s"));
    world.restartEtcd();
  }

  @Test
  void aProcessWhoseClockIsWrongStillHearsFromEtcdWhenAnEmergencyEnds() {
    world.jump(Duration.ofHours(3));
    RpcChannel channel = trial.channel(trial.source("a"));
    world.jump(Duration.ofHours(-3));
    emergency(PING, "9s");
    world.jump(Duration.ofHours(3));
    trial.awaitDeadline(channel, "9s");
    world.pass(Duration.ofSeconds(50));
    assertThat(PolicyTrial.has(channel, "9s")).isTrue();
  }

  @Test
  void rollbackIsOneWordAndASecondOneTakesItBack() {
    RpcChannel channel = trial.channel(trial.source("a"));
    trial.deadline("1s");
    trial.deadline("2s");
    emergency(PING, "9s");
    trial.awaitDeadline(channel, "9s");
    PolicySet back = trial.get(policies.rollback(SERVICE, "bob", "worse"));
    assertThat(back.change()).startsWith("back to revision 2: emergency, test.Ping/Ping: deadline");
    trial.awaitDeadline(channel, "2s");
    trial.get(policies.rollbackTo(SERVICE, 1, "bob", "still worse"));
    trial.awaitDeadline(channel, "1s");
    trial.get(policies.rollback(SERVICE, "bob", "no"));
    trial.awaitDeadline(channel, "2s");
    trial.get(policies.rollbackTo(SERVICE, 0, "bob", "nothing"));
    trial.awaitDeadline(channel, "none");
    assertThat(trial.get(policies.history(SERVICE)))
        .extracting(PolicySet::revision)
        .containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
    assertThatThrownBy(() -> trial.get(policies.rollback("test.Pong", "bob", "worse")))
        .hasMessage("there is no revision to go back to; none was written");
  }

  @Test
  void theHistorySurvivesACompactionAndIsBounded() {
    for (int i = 1; i <= 103; i++) {
      trial.deadline(i + "s");
    }
    world.compact();
    List<PolicySet> history = trial.get(policies.history(SERVICE));
    assertThat(history).hasSize(100);
    assertThat(history.get(0).revision()).isEqualTo(103);
    assertThat(history.get(99).revision()).isEqualTo(4);
    assertThat(history.get(99).author()).isEqualTo("ann");
    assertThat(history.get(99).reason()).isEqualTo("slow disk");
    assertThat(history.get(99).change()).isEqualTo("test.Ping/Ping: deadline 3s -> 4s");
    assertThatThrownBy(() -> trial.get(policies.rollbackTo(SERVICE, 3, "ann", "old")))
        .hasMessage("revision 3 of test.Ping is not kept; there are 4 to 103");
  }

  @Test
  void aChangeThatChangesNothingIsNoRevision() {
    trial.deadline("1s");
    assertThat(trial.deadline("1s").revision()).isEqualTo(1);
    assertThat(trial.set(PING, "{\"retry\":null}").revision()).isEqualTo(1);
    PolicySet none = trial.set(PING, "{\"deadline\":null}");
    assertThat(none.revision()).isEqualTo(2);
    assertThat(none.rules()).isEmpty();
  }

  @Test
  void aSetThatGrowsTooLargeIsRefused() {
    assertThatThrownBy(
            () ->
                trial.set(
                    PING,
                    "{\"balancer\":{\"name\":\"own\",\"config\":{\"x\":\""
                        + "y".repeat(40_000)
                        + "\"}}}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("100 rules and 32768 bytes are the most");
  }

  @Test
  void aStartWithoutEtcdHasTheLastGoodPolicies() throws IOException {
    Path file = directory.resolve("policies");
    EtcdPolicySource before = trial.source("a", source -> source.file(file));
    RpcChannel channel = trial.channel(before);
    trial.deadline("1s");
    trial.awaitDeadline(channel, "1s");
    // What this channel refuses is not what a later start should have.
    trial.set(PING, NOT_IDEMPOTENT);
    world.soon("refused", () -> refuses(2));
    emergency(PING, "9s");
    trial.awaitDeadline(channel, "9s");
    world.close(before);
    world.stopEtcd();
    EtcdPolicySource after = reopened(file);
    RpcChannel again = trial.channel(after);
    assertThat(PolicyTrial.deadline(again)).startsWith("deadline 9s (live override, emergency");
    world.close(after);
    world.pass(Duration.ofSeconds(60));
    after = reopened(file);
    assertThat(PolicyTrial.deadline(trial.channel(after)))
        .as("the emergency is over")
        .isEqualTo("deadline 1s (live override, revision 1 by ann)");
    world.close(after);
    byte[] whole = Files.readAllBytes(file);
    byte[] changed = whole.clone();
    changed[changed.length - 5] ^= 1;
    Files.write(file, changed);
    unused(file, "its checksum does not fit");
    Files.write(file, java.util.Arrays.copyOf(whole, 10));
    unused(file, "it is not a file of ours, or cut off");
    world.restartEtcd();
  }

  private EtcdPolicySource reopened(Path file) {
    return trial.registry().policySource("a").file(file).open();
  }

  private void unused(Path file, String why) {
    try (LogCapture logs = LogCapture.of(PolicyFile.class.getName())) {
      EtcdPolicySource source = reopened(file);
      assertThat(logs.with(file + " is not used: " + why)).hasSize(1);
      assertThat(PolicyTrial.has(trial.channel(source), "none")).isTrue();
      world.close(source);
    }
  }

  @Test
  void aFileOfAnotherNamespaceIsNotUsed() {
    Path file = directory.resolve("policies");
    EtcdPolicySource before = trial.source("a", source -> source.file(file));
    trial.deadline("1s");
    world.soon("saved", () -> Files.exists(file));
    world.close(before);
    try (LogCapture logs = LogCapture.of(PolicyFile.class.getName())) {
      EtcdRegistry other = world.registry(builder -> builder.namespace("team-b/"));
      var unused = other.policySource("b").file(file).open();
      assertThat(logs.with("it is of another namespace")).hasSize(1);
    }
  }

  @Test
  void aDiskThatCannotBeWrittenCostsNoPolicy() throws IOException {
    Path file = Files.createFile(directory.resolve("occupied")).resolve("policies");
    RpcChannel channel = trial.channel(trial.source("a", source -> source.file(file)));
    try (LogCapture logs = LogCapture.of(PolicyFile.class.getName())) {
      trial.deadline("1s");
      trial.awaitDeadline(channel, "1s");
      world.soon("said", () -> !logs.with("cannot save them in " + file).isEmpty());
    }
    trial.awaitReport(report("a", 1, 1, 0, ""));
  }

  @Test
  void nobodyHearsOfAChangeAfterItsSubscriptionWasClosed() {
    EtcdPolicySource source = trial.source("a");
    List<MethodPolicies> closed = new ArrayList<>();
    List<MethodPolicies> open = new ArrayList<>();
    PolicySource.Subscription subscription = source.subscribe(closed::add);
    PolicySource.Subscription other = source.subscribe(open::add);
    assertThat(closed).as("the present set, before subscribe returns").hasSize(1);
    trial.deadline("1s");
    world.soon("both heard", () -> closed.size() == 2 && open.size() == 2);
    subscription.close();
    trial.deadline("2s");
    world.soon("the other heard", () -> open.size() == 3);
    assertThat(closed).hasSize(2);
    // What is the same for this process is no news.
    trial.set(PolicyTarget.of(PING).zone("south"), "{\"deadline\":\"3s\"}");
    trial.awaitReport(report("a", 3, 1, 0, ""));
    assertThat(open).hasSize(3);
    other.close();
  }

  @Test
  void anObserverThatFailsKeepsNothingFromTheOthers() {
    EtcdPolicySource source = trial.source("a");
    boolean[] failing = {false};
    PolicySource.Subscription bad =
        source.subscribe(
            policies -> {
              if (failing[0]) {
                throw new IllegalStateException("a fault of mine");
              }
            });
    RpcChannel channel = trial.channel(source);
    failing[0] = true;
    try (LogCapture logs = LogCapture.of(PolicyObserver.class.getName())) {
      trial.deadline("1s");
      trial.awaitDeadline(channel, "1s");
      assertThat(logs.with("an observer of live policies failed")).isNotEmpty();
    }
    trial.awaitReport(report("a", 0, 1, 1, "java.lang.IllegalStateException: a fault of mine"));
    bad.close();
    trial.awaitReport(report("a", 1, 1, 0, ""));
  }

  @Test
  void twoSourcesOfOneIdAreToldApart() {
    EtcdPolicySource first = trial.source("a");
    assertThatThrownBy(() -> trial.registry().policySource("a").open())
        .hasMessage("a policy source with the id \"a\" is open already; share it");
    try (LogCapture logs = LogCapture.of(EtcdPolicySource.class.getName())) {
      EtcdRegistry other = world.registry();
      trial.get(other.policySource("a").zone("south").open().ready());
      world.soon(
          "the later one reports",
          () -> trial.reports().stream().anyMatch(each -> each.zone().equals("south")));
      world.within(
          world.ttl(), "the earlier one says so", () -> !logs.with("reports as \"a\"").isEmpty());
    }
    world.close(first);
    world.close(trial.source("a"));
    assertThatThrownBy(() -> trial.registry().policySource(" "))
        .hasMessageContaining("the id of a policy source is empty");
  }

  @Test
  void aReportEndsWithItsProcess() {
    EtcdPolicySource source = trial.source("a");
    trial.deadline("1s");
    trial.awaitReport(report("a", 1, 1, 0, ""));
    world.revokeLeases();
    trial.awaitReport();
    world.within(
        world.ttl(),
        "reported on a new lease",
        () -> trial.reports().equals(List.of(report("a", 1, 1, 0, ""))));
    world.close(source);
    trial.awaitReport();
  }

  @Test
  void policiesAreNoServiceOfTheRegistry() {
    var unused = trial.source("a/b");
    trial.deadline("1s");
    emergency(PING, "2s");
    world.soon("reported", () -> trial.reports().size() == 1);
    assertThat(trial.get(trial.registry().services())).isEmpty();
    assertThat(trial.get(policies.services())).containsExactly(SERVICE);
  }
}
