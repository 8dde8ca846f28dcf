package io.fairlead.samples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code samples/run} tells people before it builds anything. */
class RunTest {
  private static final Path SAMPLES = Path.of("..");

  private String java = System.getProperty("java.home");
  private int exit;

  private List<String> run(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(SAMPLES.resolve("run").toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", java);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    exit = process.waitFor();
    return said.lines().toList();
  }

  private static List<String> samples() throws IOException {
    try (Stream<Path> files = Files.list(SAMPLES)) {
      return files
          .filter(folder -> Files.exists(folder.resolve("pom.xml")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void everySampleSaysWhatItShows() throws Exception {
    assertThat(samples()).contains("quickstart", "streaming", "testing").hasSizeGreaterThan(5);
    for (String sample : samples()) {
      assertThat(run(sample, "--help"))
          .as(sample)
          .hasSizeGreaterThan(2)
          .anyMatch(line -> line.startsWith("usage: samples/run " + sample))
          .endsWith("More: samples/" + sample + "/README.md");
      assertThat(exit).isZero();
      try (Stream<String> readme = Files.lines(SAMPLES.resolve(sample).resolve("README.md"))) {
        assertThat(readme).as(sample).hasSizeBetween(5, 15);
      }
    }
  }

  @Test
  void theQuickstartNamesItsOptions() throws Exception {
    assertThat(run("quickstart", "--help"))
        .contains("usage: samples/run quickstart [OPTIONS]")
        .anyMatch(line -> line.startsWith("  --stay "));
    assertThat(run("quickstart", "--sty"))
        .startsWith("samples/run: unknown option --sty")
        .contains("usage: samples/run quickstart [OPTIONS]");
    assertThat(exit).isEqualTo(2);
  }

  @Test
  void aSampleWithoutOptionsRefusesThem() throws Exception {
    assertThat(run("streaming", "--plain"))
        .startsWith("samples/run: unknown option --plain")
        .contains("usage: samples/run streaming (it takes no options)");
    assertThat(exit).isEqualTo(2);
    assertThat(run("streaming", "fast")).startsWith("samples/run: streaming takes no \"fast\"");
    assertThat(exit).isEqualTo(2);
  }

  @Test
  void aSampleThatIsNotThereIsAnsweredWithAll() throws Exception {
    assertThat(run("quikstart"))
        .startsWith("samples/run: there is no sample \"quikstart\"")
        .anyMatch(line -> line.startsWith("  quickstart "));
    assertThat(exit).isEqualTo(2);
  }

  @Test
  void aJavaThatIsTooOldOrMissingIsNamed(@TempDir Path home) throws Exception {
    java = home.toString();
    assertThat(run("quickstart"))
        .containsExactly(
            "samples/run: there is no "
                + home
                + "/bin/java; set JAVA_HOME to a JDK 17 or newer, or unset it");
    assertThat(exit).isEqualTo(2);
    Path bin = Files.createDirectory(home.resolve("bin"));
    for (String tool : List.of("java", "javac")) {
      Path script = bin.resolve(tool);
      Files.writeString(script, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
      assertThat(script.toFile().setExecutable(true)).isTrue();
    }
    assertThat(run("quickstart"))
        .containsExactly(
            "samples/run: " + bin + "/java is Java 11; set JAVA_HOME to a JDK 17 or newer");
    assertThat(exit).isEqualTo(2);
  }
}
