package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.server.RpcServer;
import java.util.List;
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
  void aServiceThatDoesNotReportIsSaidToBeUnknown() {
    try (RpcServer mute =
        RpcServer.builder("mute")
            .host("127.0.0.1")
            .id("m")
            .registry(fleet.registry)
            .service(shop.v1.InventoryRpc.bind(new shop.v1.Inventory() {}))
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
