package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls of several processes, while they happen and afterwards. */
@Timeout(60)
class TapAndExplainTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Fleet fleet = new Fleet();
  private final Fleet.Node a = fleet.start("a");
  private final Fleet.Node b = fleet.start("b");

  @AfterEach
  void close() {
    fleet.close();
  }

  private void call(Fleet.Node node, String sku) {
    Cli.of(fleet)
        .run(
            "call",
            node.address(),
            "Reserve",
            "{\"sku\":\"" + sku + "\"}",
            "-H",
            "traceparent: 00-" + TRACE + "-00f067aa0ba902b7-01");
  }

  @Test
  void aTapShowsFailedCallsOfAllInstances() throws Exception {
    try (RunningCommand command =
        new RunningCommand(
            Cli.operator(fleet), "tap", "inventory", "--failed", "--method", "shop.v1.Inventory")) {
      for (Fleet.Node node : List.of(a, b)) {
        while (!isTapped(node)) {
          Thread.sleep(1);
        }
      }
      call(a, "rope");
      call(a, "broken");
      assertThat(command.line())
          .contains(" inventory/a shop.v1.Inventory/Reserve from app FAILED_PRECONDITION ")
          .endsWith(" ms");
      call(b, "broken");
      assertThat(command.line()).contains(" inventory/b shop.v1.Inventory/Reserve ");
      assertThat(command.stop()).isEqualTo(ExitCode.OK);
    }
  }

  private boolean isTapped(Fleet.Node node) {
    Cli.Result state = Cli.operator(fleet).run("call", node.address(), "Admin/GetState", "--json");
    assertThat(state.exit()).as(state.err()).isEqualTo(ExitCode.OK);
    return state.out().contains("\"action\":\"Tap\"");
  }

  @Test
  void aTraceIsFoundInAllProcesses() throws Exception {
    call(b, "rope");
    call(a, "broken");
    List<String> lines = List.of();
    // A server notes a call when it has ended, which is after the caller has its response.
    while (lines.size() < 3) {
      Thread.sleep(1);
      lines = Cli.operator(fleet).run("explain", TRACE).out().lines().toList();
    }
    assertThat(lines.get(0)).contains(" inventory/b shop.v1.Inventory/Reserve from app OK ");
    assertThat(lines.get(1)).contains(" inventory/a ", " FAILED_PRECONDITION ");
    assertThat(lines.get(2)).isEqualTo("    HANDLER_FAILED: the shelf is on fire");
    assertThat(
            JsonParser.parseString(Cli.operator(fleet).run("explain", TRACE, "--json").out())
                .getAsJsonArray())
        .hasSize(2);
  }

  @Test
  void aTraceThatNobodyKnowsIsNotFound() {
    Cli.Result result = Cli.operator(fleet).run("explain", TRACE);
    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err())
        .contains("none of 2 processes remembers a call of the trace " + TRACE)
        .contains("each keeps its last 256");
    assertThat(Cli.operator(fleet).run("explain", "4bf9").exit()).isEqualTo(ExitCode.USAGE);
    Cli.Result refused = Cli.of(fleet).run("explain", TRACE);
    assertThat(refused.err().lines()).as("each says why it does not answer").hasSize(3);
    Cli.Result fast = Cli.operator(fleet).run("tap", "a", "--per-second", "5000");
    assertThat(fast.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(fast.err()).contains("per_second 5000 is not from 1 to 1000");
  }
}
