package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.fairlead.client.RpcChannel;
import io.fairlead.lifecycle.ServerState.Phase;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Drain, undrain, weight and policies of real servers, found by their ids. */
@Timeout(60)
class ActionCommandsTest {
  private static Fleet fleet;
  private static Fleet.Node a;
  private static Fleet.Node b;

  @BeforeAll
  static void start() {
    fleet = new Fleet();
    a = fleet.start("a");
    b = fleet.start("b");
  }

  @AfterAll
  static void close() {
    fleet.close();
  }

  @AfterEach
  void undrain() throws Exception {
    a.server().undrain("").toCompletableFuture().get();
    a.server().setWeight(100).toCompletableFuture().get();
  }

  @Test
  void aDrainReachesTheOneInstanceThatIsNamed() {
    Cli.Result result = Cli.operator(fleet).run("drain", "a", "--reason", "new disk");
    assertThat(result)
        .isEqualTo(
            new Cli.Result(
                0, "inventory: NOT_SERVING, inventory/a REGISTERED, draining, weight 100\n", ""));
    assertThat(a.server().history())
        .last()
        .satisfies(step -> assertThat(step.detail()).contains("drained: new disk, by operator"));
    assertThat(b.server().state().phase()).isEqualTo(Phase.SERVING);
    assertThat(Cli.operator(fleet).run("undrain", "inventory/a").out())
        .isEqualTo("inventory: SERVING, inventory/a REGISTERED, weight 100\n");
  }

  @Test
  void anAddressNeedsNoRegistry() {
    Cli.Result result =
        new Cli().with("FAIRLEAD_TOKEN", Fleet.OPERATOR).run("weight", a.address(), "20", "--json");
    assertThat(result.err()).isEmpty();
    assertThat(
            JsonParser.parseString(result.out())
                .getAsJsonObject()
                .get("servers")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .get("registration")
                .getAsJsonObject()
                .get("weight")
                .getAsInt())
        .isEqualTo(20);
    assertThat(a.server().registration().orElseThrow().endpoint().weight()).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "drain aa | 3 | no instance \"aa\" in",
        "drain nobody | 3 | there is a, b",
        "weight a -5 | 2 | weight \"-5\" is not a number from 0 to 1000000",
        "weight a 2000000 | 2 | weight \"2000000\" is not a number from 0 to 1000000",
        "drain 127.0.0.1:1 | 4 | 127.0.0.1:1 does not answer",
        "drain a --admin-port 1 | 4 | 127.0.0.1:1 does not answer",
        "policy get a shop.v1.Inventory/Nothing | 3 | has called shop.v1.Inventory/Nothing",
      })
  void aFailureHasAnExitCodeAndAWayOut(String args, int exit, String expected) {
    Cli.Result result = Cli.operator(fleet).run(args.split(" ", -1));
    assertThat(result.err()).startsWith("fairlead: ").doesNotContain("\tat ");
    assertThat(result.err()).contains(expected);
    assertThat(result.exit()).isEqualTo(exit);
  }

  @Test
  void whoMayReadMayNotDrain() {
    Cli.Result reader =
        Cli.of(fleet).with("FAIRLEAD_TOKEN", Fleet.READER).run("drain", "a", "--json");
    assertThat(reader.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(JsonParser.parseString(reader.err()).getAsJsonObject().get("error").getAsString())
        .contains(" refuses: scope fairlead.admin.write is missing; --token-file, FAIRLEAD_TOKEN");
    Cli.Result nobody = Cli.of(fleet).run("drain", "a");
    assertThat(nobody.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(a.server().state().phase()).isEqualTo(Phase.SERVING);
  }

  @Test
  void aDrainThatEtcdDoesNotConfirmHasItsOwnExitCode() {
    try (Fleet other = new Fleet()) {
      other.confirmationTimeout = Duration.ofMillis(100);
      Fleet.Node node = other.start("a");
      other.etcd.faults().stop();
      Cli.Result result =
          new Cli().with("FAIRLEAD_TOKEN", Fleet.OPERATOR).run("drain", node.address());
      assertThat(result.exit()).isEqualTo(ExitCode.UNCONFIRMED);
      assertThat(result.err()).startsWith("fairlead: not confirmed: the registry has not");
      assertThat(result.out()).contains("NOT_SERVING");
      other.etcd.faults().restart();
    }
  }

  @Test
  void aDrainWaitsForTheCallsUnderWay() throws Exception {
    try (Fleet other = new Fleet()) {
      Fleet.Node node = other.start("a");
      // A stock client: the contract would end the call after 300 ms.
      ManagedChannel stock =
          Grpc.newChannelBuilder(node.address(), InsecureChannelCredentials.create()).build();
      Future<Reservation> called =
          ClientCalls.futureUnaryCall(
              stock.newCall(InventoryRpc.RESERVE.descriptor(), CallOptions.DEFAULT),
              ReserveRequest.newBuilder().setSku("slow").build());
      other.arrived.acquire();
      Cli.Result tooShort = Cli.operator(other).run("drain", "a", "--wait", "200ms");
      assertThat(tooShort.exit()).isEqualTo(ExitCode.FAILED);
      assertThat(tooShort.err())
          .isEqualTo(
              "fairlead: inventory/a is drained, and still has 1 call in flight after 200 ms\n");
      other.letGo.countDown();
      assertThat(Cli.operator(other).run("drain", "a", "--wait", "50s").exit()).isZero();
      assertThat(called.get().getSku()).as("no call fails by a drain").isEqualTo("slow");
      stock.shutdownNow();
    }
  }

  @Test
  void aServerWithoutTheAdminServiceIsNamed() {
    try (RpcServer plain =
        RpcServer.builder("plain")
            .host("127.0.0.1")
            .service(InventoryRpc.bind(new Inventory() {}))
            .start()) {
      Cli.Result result = Cli.operator(fleet).run("drain", "127.0.0.1:" + plain.port());
      assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
      assertThat(result.err()).contains("has no admin service; add one", "--admin-port");
    }
  }

  @Test
  void aPolicyShowsWhereEachFieldComesFrom() {
    try (Fleet other = new Fleet()) {
      Fleet.Node node = other.start("a");
      RpcChannel channel = other.watchedChannel(node, node.address());
      Inventory inventory = InventoryRpc.client(channel);
      var unused = inventory.reserve(ReserveRequest.getDefaultInstance());
      Cli.Result result = Cli.operator(other).run("policy", "get", "a");
      assertThat(result.err()).isEmpty();
      List<String> lines = result.out().lines().toList();
      assertThat(lines.get(0)).isEqualTo("shop.v1.Inventory/Reserve on " + node.address());
      assertThat(lines).anyMatch(line -> line.matches("deadline +300ms +CONTRACT"));
      assertThat(lines).anyMatch(line -> line.endsWith(" have their default; --all shows them"));
      assertThat(lines.get(lines.size() - 1)).matches("inventory +maxCalls unlimited, .* BUILDER");
      assertThat(result.out()).doesNotContain(" DEFAULT");
      assertThat(Cli.operator(other).run("policy", "get", "a", "--all").out())
          .contains(" DEFAULT")
          .doesNotContain("more have their default");
      assertThat(Cli.operator(other).run("policy", "get", "a", "--json").out())
          .contains(
              "{\"name\":\"deadline\",\"value\":\"300ms\",\"origin\":\"CONTRACT\",\"source\":\"\"}");
    }
  }

  @Test
  void aProcessThatCallsNobodyHasNoPolicies() {
    Cli.Result result = Cli.operator(fleet).run("policy", "get", "b");
    assertThat(result.exit()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .startsWith("inventory/b has called no method on a channel that it watches\n")
        .containsPattern("inventory +maxCalls unlimited, .* BUILDER\n");
  }
}
