package io.fairlead.registry.etcd;

import static io.fairlead.registry.etcd.PolicyTrial.PING;
import static io.fairlead.registry.etcd.PolicyTrial.SERVICE;
import static io.fairlead.registry.etcd.PolicyTrial.report;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.server.RpcServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits of running servers, from an embedded etcd in virtual time. */
@Timeout(120)
class LiveLimitsTest {
  private final EmbeddedWorld world = new EmbeddedWorld();
  private final PolicyTrial trial = new PolicyTrial(world);
  private final EtcdPolicies policies = trial.policies();

  @TempDir private Path directory;

  @AfterEach
  void close() {
    trial.close();
  }

  private PolicySet limits(String name, String limits) {
    return trial.set(name, "{\"limits\":" + limits + "}");
  }

  private void awaitLimits(RpcServer server, ConcurrencyLimits limits) {
    world.soon("the limits are " + limits, () -> server.limits().equals(limits));
  }

  @Test
  void aRunningServerTakesEachLimitAndItsBuildersHoldWhereNoneIsStated() {
    RpcServer server =
        trial.server(
            trial.source("a"),
            limits -> limits.maxConcurrentCalls(500).queueLimit(10, Duration.ofMillis(50)));
    ConcurrencyLimits built = server.limits();
    assertThat(server.limitsOrigin()).isEmpty();
    PolicySet set =
        limits(
            SERVICE,
            "{\"maxCalls\":200,\"maxCallsPerMethod\":100,\"maxCallsPerCaller\":20,\"maxQueuedCalls\":5,"
                + "\"adaptive\":{\"max\":80}}");
    assertThat(set.change())
        .isEqualTo(
            "test.Ping: limits.adaptive none -> adaptive limit 4 to 80 from 20, tolerance 1.7, every"
                + " 20ms; test.Ping: limits.maxCalls none -> 200; test.Ping: limits.maxCallsPerCaller"
                + " none -> 20; test.Ping: limits.maxCallsPerMethod none -> 100; test.Ping:"
                + " limits.maxQueuedCalls none -> 5");
    awaitLimits(
        server,
        ConcurrencyLimits.builder()
            .maxConcurrentCalls(200)
            .maxConcurrentCallsPerMethod(100)
            .maxConcurrentCallsPerCaller(20)
            .queueLimit(5, Duration.ofMillis(50))
            .adaptiveLimit(AdaptiveLimitPolicy.builder().between(4, 20, 80).build())
            .build());
    assertThat(server.limitsOrigin())
        .startsWith("adaptive: revision 1 by ann; maxCalls: revision 1 by ann; ");
    assertThat(server.callLimits()).containsEntry(PING, 20);
    trial.awaitReport(report("a", 1, 1, 0, ""));
    limits(SERVICE, "{\"maxCalls\":0,\"adaptive\":\"off\",\"maxCallsPerMethod\":null}");
    awaitLimits(
        server,
        ConcurrencyLimits.builder()
            .maxConcurrentCallsPerCaller(20)
            .queueLimit(5, Duration.ofMillis(50))
            .build());
    trial.get(policies.rollbackTo(SERVICE, 0, "ann", "over"));
    awaitLimits(server, built);
    assertThat(server.limitsOrigin()).isEmpty();
  }

  @Test
  void theNarrowerRuleWinsAndOthersServersAreLeftAlone() {
    RpcServer north = trial.server(trial.source("n", source -> source.zone("north")));
    RpcServer south = trial.server(trial.source("s", source -> source.zone("south")));
    limits("*", "{\"maxCalls\":10,\"maxCallsPerCaller\":3}");
    limits(SERVICE, "{\"maxCalls\":20}");
    trial.set(PolicyTarget.of(SERVICE).zone("north"), "{\"limits\":{\"maxCalls\":30}}");
    limits("test.Pong", "{\"maxCalls\":40}");
    limits(PING, "{\"maxCalls\":7}");
    ConcurrencyLimits.Builder common =
        ConcurrencyLimits.builder().maxConcurrentCallsPerCaller(3).maxConcurrentCallsOf(PING, 7);
    awaitLimits(north, common.maxConcurrentCalls(30).build());
    awaitLimits(south, common.maxConcurrentCalls(20).build());
    assertThat(south.limitsOrigin())
        .isEqualTo(
            "maxCalls: revision 1 by ann; maxCalls of test.Ping/Ping: revision 3 by ann;"
                + " maxCallsPerCaller: revision 1 by ann");
    trial.get(
        policies.change(
            PolicyTrial.change(PolicyTarget.of("*"), "{\"limits\":{\"maxCalls\":1}}")
                .lasting(Duration.ofSeconds(60))
                .build()));
    awaitLimits(north, common.maxConcurrentCalls(1).build());
    awaitLimits(south, common.maxConcurrentCalls(1).build());
    assertThat(north.limitsOrigin()).startsWith("maxCalls: emergency until 2026-01-01T00:01:00Z");
    world.pass(Duration.ofSeconds(50));
    world.within(
        Duration.ofSeconds(15),
        "ended by itself",
        () -> north.limits().equals(common.maxConcurrentCalls(30).build()));
  }

  @Test
  void aSetWithALimitOfAMethodThatAServerDoesNotHaveIsRefusedAndTheOneBeforeStays() {
    RpcServer server = trial.server(trial.source("a"));
    limits(SERVICE, "{\"maxCalls\":20}");
    limits("test.Ping/Pnig", "{\"maxCalls\":7}");
    trial.awaitReport(
        report(
            "a",
            1,
            2,
            2,
            "a limit is set for test.Ping/Pnig, which this server does not serve; it serves"
                + " test.Ping/Ping"));
    assertThat(server.limits())
        .isEqualTo(ConcurrencyLimits.builder().maxConcurrentCalls(20).build());
    trial.get(policies.rollback(SERVICE, "ann", "a typo"));
    trial.awaitReport(report("a", 3, 1, 0, ""));
  }

  @Test
  void aServerStartsAlthoughEtcdHasALimitThatItCannotHonour() {
    limits("test.Ping/Pnig", "{\"maxCalls\":7}");
    RpcServer server = trial.server(trial.source("a"), limits -> limits.maxConcurrentCalls(5));
    assertThat(server.limits())
        .isEqualTo(ConcurrencyLimits.builder().maxConcurrentCalls(5).build());
    world.soon("refused", () -> trial.reports().stream().anyMatch(each -> each.refused() == 1));
  }

  @Test
  void aServerThatStartsWithoutEtcdHasTheLastGoodLimits() {
    Path file = directory.resolve("policies");
    EtcdPolicySource before = trial.source("a", source -> source.file(file));
    RpcServer server = trial.server(before);
    limits(SERVICE, "{\"maxCalls\":20}");
    ConcurrencyLimits wanted = ConcurrencyLimits.builder().maxConcurrentCalls(20).build();
    awaitLimits(server, wanted);
    world.soon("saved", () -> Files.exists(file));
    server.close();
    world.close(before);
    world.stopEtcd();
    EtcdPolicySource after = trial.registry().policySource("a").file(file).open();
    assertThat(trial.server(after).limits()).isEqualTo(wanted);
    world.restartEtcd();
  }

  @Test
  void limitsThatAreNoneAreNotWritten() {
    refused(
        SERVICE, "{\"maxCalls\":-1}", "limits.maxCalls is -1; use 1 or more, or 0 for no limit");
    refused(SERVICE, "{\"maxCalls\":1.5}", "limits.maxCalls is 1.5; use a whole number");
    refused(SERVICE, "{\"maxQueueTime\":\"0s\"}", "limits.maxQueueTime is 0s; use a time above");
    refused(SERVICE, "{\"maxQueueTime\":5}", "limits.maxQueueTime is 5; use a duration like");
    refused(
        SERVICE, "{\"maxCals\":5}", "no field \"limits.maxCals\", did you mean \"limits.maxCalls");
    refused(
        SERVICE, "{\"adaptive\":\"on\"}", "limits.adaptive is \"on\"; use \"off\", or an object");
    refused(
        SERVICE,
        "{\"adaptive\":{\"min\":9,\"initial\":5}}",
        "adaptive limit min 9, initial 5, max 10000 are not in the order 1 <= min <= initial");
    refused(SERVICE, "{\"adaptive\":{\"tolerance\":99}}", "adaptive limit tolerance 99");
    refused(SERVICE, "5", "limits is 5; use an object");
    assertThatThrownBy(() -> trial.set(SERVICE, "{\"limit\":{\"maxCalls\":5}}"))
        .hasMessageContaining("there is no field \"limit\", did you mean \"limits\"?");
    refused(
        PING,
        "{\"maxQueuedCalls\":5}",
        "limits.maxQueuedCalls is of whole servers, and test.Ping/Ping is a method; state it for"
            + " test.Ping, or limits.maxCalls for the method");
    refused(PING, "{\"maxCalls\":0}", "limits.maxCalls is 0; use 1 or more");
    assertThat(trial.get(policies.services())).isEmpty();
  }

  private void refused(String name, String limits, String why) {
    assertThatThrownBy(() -> limits(name, limits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aRuleMayStateThePolicyOfCallersAndTheLimitsOfServers() {
    PolicySet set = trial.set(PING, "{\"deadline\":\"1s\",\"limits\":{\"maxCalls\":7}}");
    assertThat(set.change())
        .isEqualTo(
            "test.Ping/Ping: deadline none -> 1s; test.Ping/Ping: limits.maxCalls none -> 7");
    assertThat(set.rules().get(0).stated()).isEqualTo("{deadline: 1s} {limits.maxCalls: 7}");
    EtcdPolicySource source = trial.source("a");
    assertThat(PolicyTrial.deadline(trial.channel(source))).startsWith("deadline 1s (live");
    assertThat(trial.server(source).limits().maxCallsByMethod()).containsEntry(PING, 7);
    PolicySet rest = trial.set(PING, "{\"deadline\":null}");
    assertThat(rest.change()).isEqualTo("test.Ping/Ping: deadline 1s -> none");
    assertThat(rest.rules().get(0).stated()).isEqualTo("{limits.maxCalls: 7}");
    assertThat(limits(PING, "{\"maxCalls\":7}").revision()).as("no change").isEqualTo(2);
    assertThat(limits(PING, "null").rules()).isEmpty();
  }
}
