package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LsCommandTest {
  private final Fleet fleet = new Fleet();

  @AfterEach
  void close() {
    fleet.close();
  }

  @Test
  void servicesAreListedWithTheirVersionsAndZones() {
    fleet.start("a");
    fleet.start("b", server -> server.version("1.5.0").zone("south"));
    Cli.Result result = Cli.of(fleet).run("ls");
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines())
        .containsExactly(
            "SERVICE    INSTANCES  DRAINING  VERSIONS      ZONES",
            "inventory  2          0         1.4.0, 1.5.0  north, south");
  }

  @Test
  void instancesAreListedWithWhatKeepsCallsFromThem() throws Exception {
    Fleet.Node a = fleet.start("a");
    fleet.start("b");
    fleet.start("c", server -> server.weight(0));
    a.server().drain("new disk").toCompletableFuture().get();
    Cli.Result result = Cli.of(fleet).run("ls", "inventory");
    assertThat(result.out().lines().toList())
        .hasSize(4)
        .satisfies(
            lines -> {
              assertThat(lines.get(1)).startsWith("a ").contains(a.address(), " draining ");
              assertThat(lines.get(2)).startsWith("b ").contains(" ready ", " 1.4.0 ", " north ");
              assertThat(lines.get(3)).startsWith("c ").contains(" no calls ");
            });
    JsonArray array =
        JsonParser.parseString(Cli.of(fleet).run("ls", "inventory", "--json").out())
            .getAsJsonArray();
    JsonObject first = array.get(0).getAsJsonObject();
    assertThat(first.get("id").getAsString()).isEqualTo("a");
    assertThat(first.get("draining").getAsBoolean()).isTrue();
    assertThat(first.get("addresses").getAsJsonArray().get(0).getAsString()).isEqualTo(a.address());
  }

  @Test
  void aMistypedServiceIsCorrected() {
    fleet.start("a");
    Cli.Result result = Cli.of(fleet).run("ls", "inventry");
    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err())
        .contains("serves inventry; did you mean \"inventory\"?")
        .doesNotContain("\tat ");
  }

  @Test
  void anEmptyRegistryIsNoError() {
    assertThat(Cli.of(fleet).run("ls")).isEqualTo(new Cli.Result(0, "no services\n", ""));
    assertThat(Cli.of(fleet).run("ls", "--json").out()).isEqualTo("[]\n");
  }

  @Test
  void aRegistryThatIsAwayIsNamedWithTheReason() {
    fleet.etcd.faults().stop();
    Cli.Result result = Cli.of(fleet).run("ls", "--timeout", "300ms");
    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .contains("the registry " + fleet.url() + " has not answered within 300 ms")
        .contains("fairlead doctor");
  }

  @Test
  void aWatchShowsEachInstanceThatComesChangesAndGoes() throws Exception {
    fleet.start("a");
    try (RunningCommand command = new RunningCommand(Cli.of(fleet), "ls", "--watch")) {
      assertThat(command.line()).contains("  + inventory/a  ", "  ready  weight 100");
      Fleet.Node b = fleet.start("b");
      assertThat(command.line()).contains("  + inventory/b  ");
      b.server().drain("").toCompletableFuture().get();
      assertThat(command.line()).contains("  ~ inventory/b  ", "  draining  ");
      b.server().close();
      assertThat(command.line()).contains("  - inventory/b  ");
      assertThat(command.stop()).isEqualTo(ExitCode.OK);
    }
  }

  @Test
  void whatOthersRegisterDoesNotMoveTheCursor() throws IOException {
    fleet.start("a", server -> server.version("1\u001b[2J\n2"));
    String out = Cli.of(fleet).run("ls", "inventory").out();
    assertThat(out).doesNotContain("\u001b");
    assertThat(out.lines()).hasSize(2);
  }

  @Test
  void anInterruptedCommandEndsAndLeavesItsThreadInterrupted() {
    Thread.currentThread().interrupt();
    Cli.Result result = Cli.of(fleet).run("ls");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
  }
}
