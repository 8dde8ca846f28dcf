package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.management.ManagementServer;
import io.fairlead.scaling.LoadSample;
import io.fairlead.scaling.LoadSource;
import io.fairlead.scaling.Scaler;
import io.fairlead.scaling.ScalingPolicy;
import io.fairlead.scaling.ServiceLoad;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadCommandTest {
  private final Fleet fleet = new Fleet();

  @AfterEach
  void close() {
    fleet.close();
  }

  @Test
  void eachInstanceShowsItsLoad() {
    fleet.start("a");
    fleet.start("b");
    Cli.Result result = Cli.of(fleet).run("load", "inventory", "--interval", "20ms");
    assertThat(result.err()).isEmpty();
    List<String> lines = result.out().lines().toList();
    assertThat(lines.get(0))
        .matches(
            "inventory: 2 ready, 2 of them report; [\\d.]+ calls/s offered, [\\d.]+ served,"
                + " 0.00 refused; utilization (unknown|[\\d.]+)");
    assertThat(lines.get(1)).startsWith("ID  ADDRESS ").endsWith("UTILIZATION");
    assertThat(lines.get(2)).startsWith("a   127.0.0.1:");
    assertThat(lines.get(3)).startsWith("b   127.0.0.1:");
    JsonObject json =
        JsonParser.parseString(
                Cli.of(fleet).run("load", "inventory", "--interval", "20ms", "--json").out())
            .getAsJsonObject();
    assertThat(json.get("reporting").getAsInt()).isEqualTo(2);
    assertThat(json.get("instances").getAsJsonArray()).hasSize(2);
  }

  @Test
  void theDecisionsOfItsScalerAreLines() {
    fleet.start("a");
    LoadSource source =
        () ->
            new ServiceLoad(
                LoadSample.builder(Instant.now()).offered(42.5).instances(3, 0).build(), List.of());
    try (Scaler scaler =
            Scaler.builder("inventory", source, ScalingPolicy.builder(10).build()).start();
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/load", scaler.loadPage()).start()) {
      Await.until("a decision", () -> !scaler.changes().isEmpty());
      String url = pages.uri("/").toString();
      Cli.Result result =
          Cli.of(fleet).run("load", "inventory", "--interval", "20ms", "--scaler", url);
      assertThat(result.err()).isEmpty();
      List<String> lines = result.out().lines().toList();
      String why = "up from 3: 42.5 offered in 60 s / 10.0 = 4.3";
      assertThat(lines.get(lines.size() - 2)).isEqualTo("5 wanted: " + why);
      assertThat(lines.get(lines.size() - 1)).matches("20\\S+Z  3 -> 5  " + Pattern.quote(why));
      JsonObject json =
          JsonParser.parseString(
                  Cli.of(fleet)
                      .run("load", "inventory", "--interval", "20ms", "--json", "--scaler", url)
                      .out())
              .getAsJsonObject();
      assertThat(json.get("want").getAsInt()).isEqualTo(5);
      assertThat(json.get("decisions").getAsJsonArray()).hasSize(1);
      Cli.Result other = Cli.of(fleet).run("load", "pricing", "--scaler", url);
      assertThat(other.exit()).isEqualTo(ExitCode.USAGE);
      assertThat(other.err()).contains(" is that of inventory, not of pricing");
    }
  }

  @Test
  void theDecisionsAreFoundInTheRegistryAlsoWhileThereIsNoInstance() {
    LoadSource source =
        new LoadSource() {
          @Override
          public ServiceLoad read() {
            return new ServiceLoad(
                LoadSample.builder(Instant.now()).offered(0).waiting(3, 1.5).build(), List.of());
          }

          @Override
          public boolean countsWaitingCalls() {
            return true;
          }
        };
    try (Scaler scaler =
        Scaler.builder("inventory", source, ScalingPolicy.builder(10).min(0).build())
            .announce(fleet.registry)
            .start()) {
      Await.until(
          "a decision in the registry",
          () -> names().contains("fairlead-scaling-inventory") && !scaler.changes().isEmpty());
      Cli.Result result = Cli.of(fleet).run("load", "inventory", "--interval", "20ms");
      assertThat(result.err()).isEmpty();
      assertThat(result.out())
          .startsWith("inventory: 0 ready, 0 of them report; 0.00 calls/s offered")
          .contains("\n1 wanted: up from 0: 1.5 offered in 60 s / 10.0 = 0.2\n")
          .containsPattern("\n20\\S+Z  0 -> 1  up from 0: ");
      assertThat(Cli.of(fleet).run("ls").out())
          .as("an entry that is no endpoint")
          .doesNotContain("fairlead-scaling-");
    }
    Cli.Result after = Cli.of(fleet).run("load", "inventory");
    assertThat(after.exit()).as("it leaves with its scaler").isEqualTo(ExitCode.NOT_FOUND);
  }

  private List<String> names() {
    return fleet.registry.services().toCompletableFuture().join();
  }

  private Registration note(String name, Map<String, String> tags) {
    Registration note =
        fleet.registry.register(
            name,
            Endpoint.builder("x")
                .addresses(Address.grpc("x.invalid", 1))
                .tags(tags)
                .draining(true)
                .build());
    Await.until("noted", () -> note.status().state() == Registration.State.REGISTERED);
    return note;
  }

  @Test
  void callsThatWaitAreALineOfTheLoad() {
    fleet.start("a");
    note("fairlead-waiting-inventory", Map.of("calls", "3", "per-second", "1.5"));
    Cli.Result result = Cli.of(fleet).run("load", "inventory", "--interval", "20ms");
    assertThat(result.out()).contains("\nwaiting in clients: 3, and 1.50 more each second\n");
    assertThat(result.out()).contains(" 0.00 refused; ");
    JsonObject json =
        JsonParser.parseString(
                Cli.of(fleet).run("load", "inventory", "--interval", "20ms", "--json").out())
            .getAsJsonObject();
    assertThat(json.get("waiting").getAsInt()).isEqualTo(3);
    assertThat(json.get("offered").getAsDouble()).isGreaterThanOrEqualTo(1.5);
  }

  @Test
  void whatSomebodyElseWroteThereIsNoDecision() {
    fleet.start("a");
    for (String text : List.of("", "[]", "{}", "{\"at\":\"soon\"}", "{\"at\":null}")) {
      Registration odd = note("fairlead-scaling-inventory", Map.of("load", text));
      Cli.Result result = Cli.of(fleet).run("load", "inventory", "--interval", "20ms");
      assertThat(result.exit()).as(text).isEqualTo(ExitCode.OK);
      assertThat(result.out()).as(text).doesNotContain("wanted");
      odd.close();
    }
  }

  @Test
  void aScalerThatIsNotThereOrIsNoneIsSaid() {
    fleet.start("a");
    Cli.Result gone = Cli.of(fleet).run("load", "inventory", "--scaler", "http://127.0.0.1:1/");
    assertThat(gone.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(gone.err())
        .startsWith("fairlead: the scaler at http://127.0.0.1:1/load cannot be asked: ")
        .contains("such as http://127.0.0.1:9991");
    try (ManagementServer pages =
        ManagementServer.builder()
            .port(0)
            .handler("/load", exchange -> exchange.respond(200, "text/plain", "all is well"))
            .start()) {
      Cli.Result none =
          Cli.of(fleet).run("load", "inventory", "--scaler", pages.uri("/").toString());
      assertThat(none.exit()).isEqualTo(ExitCode.USAGE);
      assertThat(none.err()).contains("/load is no page of a scaler: ");
      Cli.Result elsewhere = Cli.of(fleet).run("load", "inventory", "--scaler", "localhost:9991");
      assertThat(elsewhere.exit()).isEqualTo(ExitCode.UNREACHABLE);
    }
  }

  @Test
  void aServiceThatDoesNotReportIsSaidToBeUnknown() {
    try (RpcServer mute =
        RpcServer.builder("mute")
            .host("127.0.0.1")
            .id("m")
            .registry(fleet.registry)
            .service(shop.v1.InventoryRpc.bind(new shop.v1.Inventory() {}))
            // Nobody calls it, and a test would wait for that.
            .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
            .start()) {
      Cli.Result result =
          Cli.of(fleet).run("load", "mute", "--interval", "20ms", "--timeout", "500ms");
      assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
      assertThat(result.err())
          .startsWith("fairlead: the load is unknown: ")
          .contains("do they serve a LoadReporter?");
      assertThat(result.out()).contains("127.0.0.1:" + mute.port() + "  ready  unknown  unknown");
    }
  }

  @Test
  void aMistypedServiceIsCorrected() {
    fleet.start("a");
    Cli.Result result = Cli.of(fleet).run("load", "inventroy");
    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("did you mean \"inventory\"?");
  }
}
