package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fairlead breaking} against {@code buf breaking}: the same rules, and the same findings.
 */
@Timeout(300)
class BufControlIT {
  /** The one of the generator's tests, and its version. */
  private static final Path MANIFEST =
      Path.of("../codegen-tests/src/test/tools/npm/package.json").toAbsolutePath();

  private static final Path INSTALLED =
      Path.of("../codegen-tests/target/tools/npm/node_modules/.bin/buf").toAbsolutePath();

  private static Path buf;

  @TempDir private Path folder;

  @BeforeAll
  static void install() throws Exception {
    buf = INSTALLED;
    if (Files.exists(buf)) {
      return;
    }
    Path work = Files.createDirectories(Path.of("target", "npm")).toAbsolutePath();
    buf = work.resolve("node_modules/.bin/buf");
    if (Files.exists(buf)) {
      return;
    }
    Files.copy(MANIFEST, work.resolve("package.json"), StandardCopyOption.REPLACE_EXISTING);
    try {
      run(work, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
    } catch (IOException e) {
      throw ToolAssumption.skip("npm", "apt-get install npm");
    }
    if (!Files.exists(buf)) {
      throw ToolAssumption.skip("buf", "npm install in " + work + " has not brought it");
    }
  }

  /** Runs a program, and returns what it wrote to its output. */
  private static String run(Path folder, String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void theRulesAreThoseOfBuf() throws Exception {
    Map<String, TreeSet<String>> ofBuf = new TreeMap<>();
    run(
            folder,
            buf.toString(),
            "config",
            "ls-breaking-rules",
            "--version",
            "v2",
            "--format",
            "json")
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .forEach(
            rule -> {
              TreeSet<String> categories = new TreeSet<>();
              rule.get("categories")
                  .getAsJsonArray()
                  .forEach(each -> categories.add(each.getAsString()));
              // The compatibility of its own schema registry.
              categories.remove("CSR");
              ofBuf.put(rule.get("id").getAsString(), categories);
            });
    // In no category: formats of message sets, which proto3 cannot have.
    ofBuf.values().removeIf(TreeSet::isEmpty);
    Map<String, TreeSet<String>> ours = new TreeMap<>();
    for (BreakingRule rule : BreakingRule.values()) {
      if (!rule.categories().equals(EnumSet.of(BreakingRule.Category.POLICY))) {
        TreeSet<String> categories = new TreeSet<>();
        rule.categories().forEach(each -> categories.add(each.name()));
        ours.put(rule.name(), categories);
      }
    }
    assertThat(ours).isEqualTo(ofBuf);
  }

  @Test
  void bufFindsTheSameInTheCorpus() throws Exception {
    List<String> ofBuf = new ArrayList<>();
    Path old = copy(BreakingCorpus.OLD, folder.resolve("old"));
    Path now = copy(BreakingCorpus.NEW, folder.resolve("new"));
    for (String category : BreakingCorpus.BUF_CATEGORIES) {
      Files.writeString(
          now.resolve("buf.yaml"),
          "{\"version\": \"v2\", \"breaking\": {\"use\": [\"" + category + "\"]}}");
      run(
              now,
              buf.toString(),
              "breaking",
              ".",
              "--against",
              old.toString(),
              "--error-format",
              "json")
          .lines()
          .map(line -> JsonParser.parseString(line).getAsJsonObject())
          .map(
              each ->
                  BreakingCorpus.line(category, each, "path", "start_line", "start_column", "type"))
          .map(BufControlIT::comparable)
          .forEach(ofBuf::add);
    }
    List<String> ours =
        Files.readAllLines(BreakingCorpus.FINDINGS).stream()
            .map(BufControlIT::comparable)
            .sorted()
            .toList();
    assertThat(ours).hasSizeGreaterThan(400);
    assertThat(ofBuf.stream().sorted().toList()).isEqualTo(ours);
  }

  /**
   * Leaves out what differs by intent: protoc and the compiler of buf count columns of options
   * differently, and buf names no file for what is gone with its file.
   */
  private static String comparable(String line) {
    String[] parts = line.split("[ :]", -1);
    String file = parts[1];
    boolean gone =
        !Files.exists(BreakingCorpus.NEW.resolve(file)) || parts[4].equals("PACKAGE_NO_DELETE");
    return parts[0] + " " + (gone ? "-" : file) + ":" + parts[2] + " " + parts[4];
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(each));
        Files.createDirectories(target.getParent());
        Files.copy(each, target);
      }
    }
    return to;
  }
}
