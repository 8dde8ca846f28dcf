package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.testkit.ToolAssumption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Two states of many contracts, and what is found in them: src/test/breaking. */
final class BreakingCorpus {
  static final Path OLD = Path.of("src/test/breaking/old");
  static final Path NEW = Path.of("src/test/breaking/new");

  /** Each finding as a line: category, place and rule. */
  static final Path FINDINGS = Path.of("src/test/breaking/findings.txt");

  static final List<String> BUF_CATEGORIES = List.of("FILE", "PACKAGE", "WIRE", "WIRE_JSON");

  private BreakingCorpus() {}

  /** Ends the test if the machine has no protoc. */
  static void needProtoc() {
    boolean there =
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "protoc")));
    if (!there) {
      throw ToolAssumption.skip("protoc", "apt-get install protobuf-compiler");
    }
  }

  /** Returns what the command finds, in the form of the file. */
  static List<String> found() {
    return BUF_CATEGORIES.stream().flatMap(BreakingCorpus::found).sorted().toList();
  }

  private static Stream<String> found(String category) {
    Cli.Result result =
        new Cli().run("breaking", OLD.toString(), NEW.toString(), "--category", category, "--json");
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    return JsonParser.parseString(result.out()).getAsJsonArray().asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(each -> line(category, each, "file", "line", "column", "rule"));
  }

  static String line(String category, JsonObject finding, String... names) {
    // What is gone with its file has no place in the new contract.
    String file = finding.has(names[0]) ? finding.get(names[0]).getAsString() : "-";
    return category
        + " "
        + file
        + ":"
        + finding.get(names[1])
        + ":"
        + finding.get(names[2])
        + " "
        + finding.get(names[3]).getAsString();
  }
}
