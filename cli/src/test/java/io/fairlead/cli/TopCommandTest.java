package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code fairlead top} over real instances. */
@Timeout(60)
class TopCommandTest {
  private final Fleet fleet = new Fleet();
  private final Fleet.Node a = fleet.start("a");

  @AfterEach
  void close() {
    fleet.close();
  }

  private void call(String sku) {
    Cli.of(fleet).run("call", a.address(), "Reserve", "{\"sku\":\"" + sku + "\"}");
  }

  @Test
  void aBusyMethodIsShownWhileItIsCalled() throws Exception {
    fleet.start("b");
    try (RunningCommand command =
        new RunningCommand(
            Cli.operator(fleet), "top", "inventory", "--interval", "50ms", "--json")) {
      JsonArray rows = new JsonArray();
      JsonObject table = new JsonObject();
      while (rows.isEmpty()) {
        call("broken");
        table = JsonParser.parseString(command.line()).getAsJsonObject();
        rows = table.getAsJsonArray("rows");
      }
      JsonObject row = rows.get(0).getAsJsonObject();
      assertThat(table.get("instances").getAsInt()).isEqualTo(2);
      assertThat(table.get("inFlight").getAsInt()).isZero();
      assertThat(rows).hasSize(1);
      assertThat(row.get("method").getAsString()).isEqualTo("shop.v1.Inventory/Reserve");
      assertThat(row.get("rate").getAsDouble()).isGreaterThanOrEqualTo(20);
      assertThat(row.get("errors").getAsDouble()).isEqualTo(row.get("rate").getAsDouble());
      assertThat(row.get("p99Millis").getAsDouble()).isPositive();
      assertThat(command.stop()).isEqualTo(ExitCode.OK);
    }
  }

  @Test
  void onlyATerminalIsDrawnAnew() {
    Cli.Result once =
        Cli.operator(fleet).run("top", "a", "--once", "--interval", "20ms", "--by", "instance");
    assertThat(once.err()).isEmpty();
    assertThat(once.exit()).isZero();
    List<String> lines = once.out().lines().toList();
    assertThat(lines.get(0)).isEqualTo("a: 1 instance, 0.0 calls/s, 0.0 failed/s, 0 in flight");
    assertThat(lines.get(1)).startsWith("INSTANCE ").endsWith(" IN FLIGHT");
    assertThat(lines.get(2)).startsWith("inventory/a  0.0 ").endsWith(" 0");
    assertThat(lines).hasSize(3);
  }

  @Test
  void aTerminalShowsOneTableAtATime() throws Exception {
    try (RunningCommand command =
        new RunningCommand(
            Cli.operator(fleet).atATerminal(), "top", "inventory", "--interval", "20ms")) {
      assertThat(command.line()).startsWith("\033[H\033[Jinventory: 1 instance, ");
      assertThat(command.line()).startsWith("METHOD ");
      assertThat(command.line()).startsWith("\033[H\033[Jinventory: ");
    }
    try (RunningCommand command =
        new RunningCommand(Cli.operator(fleet), "top", "inventory", "--interval", "20ms")) {
      assertThat(command.line()).startsWith("inventory: 1 instance, ");
      assertThat(command.line()).startsWith("METHOD ");
      assertThat(command.line()).as("what keeps tables apart in a file").isEmpty();
    }
  }

  @Test
  void whoMayNotLookIsRefused() {
    // It ends with the streams, not with the interval.
    Cli.Result result = Cli.of(fleet).run("top", "inventory", "--interval", "30s");
    assertThat(result.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(result.err()).contains(" refuses: ");
    assertThat(result.out()).isEmpty();
    assertThat(Cli.of(fleet).run("top", "inventroy").err()).contains("did you mean");
  }
}
