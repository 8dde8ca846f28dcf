package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.System.Logger.Level;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogsCommandTest {
  private final Fleet fleet = new Fleet();
  private final Fleet.Node a = fleet.start("a");
  private final Fleet.Node b = fleet.start("b");

  @AfterEach
  void close() {
    fleet.close();
  }

  private static void log(Fleet.Node node, int second, Level level, String message) {
    node.logs().add(Instant.EPOCH.plusSeconds(second), level, "shop.stock", "main", message, null);
  }

  @Test
  void linesOfAllInstancesComeInTheOrderOfTheirTimes() {
    log(a, 1, Level.INFO, "one");
    log(b, 2, Level.WARNING, "two");
    log(a, 3, Level.INFO, "three\u001b[2J");
    assertThat(Cli.operator(fleet).run("logs", "inventory"))
        .isEqualTo(
            new Cli.Result(
                0,
                """
                1970-01-01T00:00:01Z INFO inventory/a shop.stock: one
                1970-01-01T00:00:02Z WARNING inventory/b shop.stock: two
                1970-01-01T00:00:03Z INFO inventory/a shop.stock: three [2J
                """,
                ""));
    assertThat(Cli.operator(fleet).run("logs", "inventory", "--last", "1").out())
        .isEqualTo("1970-01-01T00:00:03Z INFO inventory/a shop.stock: three [2J\n");
    assertThat(Cli.operator(fleet).run("logs", "a").out().lines())
        .containsExactly(
            "1970-01-01T00:00:01Z INFO shop.stock: one",
            "1970-01-01T00:00:03Z INFO shop.stock: three [2J");
    JsonObject line =
        JsonParser.parseString(
                Cli.operator(fleet).run("logs", "inventory", "--level", "warning", "--json").out())
            .getAsJsonObject();
    assertThat(line.get("message").getAsString()).isEqualTo("two");
    assertThat(line.get("instance").getAsString()).isEqualTo("inventory/b");
  }

  @Test
  void aReaderFollowsAllInstances() throws Exception {
    log(a, 1, Level.INFO, "before");
    try (RunningCommand command =
        new RunningCommand(Cli.operator(fleet), "logs", "inventory", "-f")) {
      assertThat(command.line()).contains(" inventory/a shop.stock: before");
      // More than the window that is requested at once. Both streams are open when both have sent.
      log(b, 1, Level.INFO, "of b");
      assertThat(command.line()).contains(" inventory/b shop.stock: of b");
      for (int i = 0; i < 200; i++) {
        Fleet.Node node = i % 2 == 0 ? a : b;
        log(node, i, Level.INFO, "line " + i);
        assertThat(command.line()).endsWith(": line " + i);
      }
      assertThat(command.stop()).isEqualTo(ExitCode.OK);
    }
  }

  @Test
  void aStackComesBelowItsLine() {
    a.logs()
        .add(
            Instant.EPOCH,
            Level.ERROR,
            "shop.stock",
            "main",
            "lost",
            new IllegalStateException("no disk"));
    assertThat(Cli.operator(fleet).run("logs", "a").out().lines())
        .startsWith(
            "1970-01-01T00:00:00Z ERROR shop.stock: lost",
            "    java.lang.IllegalStateException: no disk");
  }

  @Test
  void mistakesHaveExitCodesAndAWayOut() {
    Cli.Result level = Cli.operator(fleet).run("logs", "a", "--level", "LOUD");
    assertThat(level.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(level.err()).contains("\"LOUD\" is not known; use TRACE, DEBUG");
    Cli.Result refused =
        Cli.of(fleet).with("FAIRLEAD_TOKEN", Fleet.READER).run("logs", "inventory", "--json");
    assertThat(refused.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err().lines()).as("one for each instance").hasSize(2);
    Cli.Result unknown = Cli.operator(fleet).run("logs", "inventroy");
    assertThat(unknown.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(Cli.operator(fleet).run("logs", "a", "--last", "-1").exit())
        .isEqualTo(ExitCode.USAGE);
  }
}
