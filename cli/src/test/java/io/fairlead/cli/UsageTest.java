package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command says about itself, and about arguments that it cannot use. */
class UsageTest {
  private final Cli cli = new Cli();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lss | unknown command \"lss\"; did you mean \"ls\"?; fairlead --help shows its use",
        "dran a | unknown command \"dran\"; did you mean \"drain\"?",
        "frobnicate | unknown command \"frobnicate\"; fairlead --help shows its use",
        "ls --jsn | unknown option \"--jsn\"; did you mean \"--json\"?; fairlead ls --help shows its use",
        "policy gte a | unknown command \"gte\"; did you mean \"get\"?; fairlead policy --help shows",
        "policy | a command is missing; fairlead policy --help shows its use",
        "ls a b | \"b\" is more than fairlead ls takes",
        "drain | Missing required parameter: 'ID'; fairlead drain --help shows its use",
        "weight a lots | 'lots' is not an int",
        "drain a --wait soon | \"soon\" is not a duration; write it like 500ms, 30s or 5m",
        "ls --registry nonsense | the registry \"nonsense\" is not a URL; write it like etcd://127",
        "ls --registry zoo://a | no registry of the kind \"zoo\" is known; known are [etcd, static]",
        "ls --registry etcd://a?tsl=true | known are endpoint, namespace, layout, grace and tls",
        "ls --registry-user root | --registry-user needs its password in FAIRLEAD_REGISTRY_PASSWORD",
        "ls --registry-key k.pem | --registry-certificate and --registry-key are given together",
        "ls --registry-ca none.pem | the file none.pem cannot be read",
        "call a:1 M --header nonsense | the header \"nonsense\" is not of the form NAME:VALUE",
        "call a:1 M --token-file none | the file of --token-file cannot be read: none",
        "braking a b | unknown command \"braking\"; did you mean \"breaking\"?",
        "top a --sort p90 | \"p90\" is not known; did you mean \"p50\" or \"p99\"?",
        "top a --by methods | \"methods\" is not known; did you mean \"method\"?",
        "top a --rows 0 | --rows 0 is below 1",
        "top a --sort inflight | --sort inflight needs --by instance",
        "sacle | unknown command \"sacle\"; did you mean \"scale\"?",
        "etcd --port 99999 | --port 99999 is not a port; use 0 to 65535",
      })
  void aWrongArgumentIsToldWithItsWayOut(String args, String expected) {
    Cli.Result result = cli.run(args.trim().split(" ", -1));
    assertThat(result.err()).startsWith("fairlead: ").contains(expected.trim());
    assertThat(result.err().lines()).as("one line, no stack trace").hasSize(1);
    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aScriptReadsAnErrorAsJson() {
    Cli.Result result = cli.run("ls", "--json", "--timeot", "1s");
    JsonObject error = JsonParser.parseString(result.err()).getAsJsonObject();
    assertThat(error.get("error").getAsString()).contains("did you mean \"--timeout\"?");
    assertThat(error.get("exit").getAsInt()).isEqualTo(result.exit()).isEqualTo(2);
  }

  @Test
  void helpListsEachCommandAndTheExitCodes() {
    Cli.Result help = cli.run("--help");
    assertThat(help.exit()).isZero();
    assertThat(help.out())
        .contains("ls ", "call ", "drain ", "undrain ", "weight ", "policy ", "load ", "doctor ")
        .contains("breaking ", "new ", "gateway ", "scale ", "top ", "etcd ", "completion ")
        .contains("4   the registry or the process did not answer")
        .doesNotContain("train ");
  }

  @Test
  void eachCommandHasHelp() {
    for (String command : FairleadCommand.visible(Main.commandLine(Terminal.ofProcess()))) {
      Cli.Result help = cli.run(command, "--help");
      if (!List.of("gateway", "scale")
          .contains(command)) { // they write to the process's own stream
        assertThat(help.out()).as(command).startsWith("Usage: fairlead " + command);
      }
      assertThat(help.exit()).as(command).isZero();
    }
  }

  @Test
  void theVersionIsThatOfTheJar() {
    assertThat(cli.run("--version").out()).startsWith("fairlead ").contains("Java ");
  }

  @Test
  void aShellCompletesCommandsAndOptions() {
    String script = cli.run("completion").out();
    assertThat(script)
        .contains("complete -F _complete_fairlead")
        .contains("undrain")
        .contains("--admin-port");
  }

  @Test
  void wordsThatAreFarOffAreNotSuggested() {
    assertThat(Suggestions.closest("drian", List.of("drain", "undrain", "ls")))
        .containsExactly("drain");
    assertThat(Suggestions.closest("x", List.of("drain", "ls"))).isEmpty();
  }

  /** Reading what all of them take would be half of a start. */
  @Test
  void aStartReadsTheCommandThatIsTypedAlone() {
    for (String part : Main.PARTS) {
      assertThat(Main.commandLine(Terminal.ofProcess(), part).getSubcommands().keySet())
          .as(part)
          .containsExactlyElementsOf(part.equals("completion") ? Main.PARTS : List.of(part));
    }
    assertThat(Main.commandLine(Terminal.ofProcess(), "--version").getSubcommands()).isEmpty();
    assertThat(Main.commandLine(Terminal.ofProcess(), "lss").getSubcommands().keySet())
        .as("a typo needs all, for what was perhaps meant")
        .containsExactlyElementsOf(Main.PARTS);
  }
}
