package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The start script with the one jar, as a process of its own. */
@Timeout(120)
class StartScriptIT {
  private static final Path SCRIPT = Path.of("src/main/sh/fairlead").toAbsolutePath();

  private final List<Process> running = new ArrayList<>();

  /** Of all tests: making the archive takes seconds. */
  @TempDir private static Path cache;

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    running.forEach(Process::destroyForcibly);
  }

  private ProcessBuilder builder(Path script, String... args) {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("FAIRLEAD_CACHE", cache.toString());
    builder.environment().remove("FAIRLEAD_REGISTRY");
    builder.environment().remove("FAIRLEAD_JAR");
    return builder;
  }

  private Process start(ProcessBuilder builder) throws IOException {
    Process process = builder.start();
    running.add(process);
    return process;
  }

  private Cli.Result run(ProcessBuilder builder) throws Exception {
    Process process = start(builder);
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Cli.Result(process.exitValue(), out, err);
  }

  @Test
  void theFirstStartMakesAnArchiveThatLaterOnesUse() throws Exception {
    Cli.Result first = run(builder(SCRIPT, "--version"));
    assertThat(first.err()).isEmpty();
    assertThat(first.out()).startsWith("fairlead 0.");
    try (Stream<Path> files = Files.list(cache)) {
      assertThat(files.toList())
          .singleElement()
          .satisfies(each -> assertThat(each).isNotEmptyFile());
    }
    ProcessBuilder traced = builder(SCRIPT, "--version");
    traced
        .environment()
        .put("FAIRLEAD_JAVA_OPTS", "-Xlog:class+load:file=" + folder.resolve("classes.log"));
    assertThat(run(traced).exit()).isZero();
    assertThat(Files.readString(folder.resolve("classes.log")))
        .contains("io.fairlead.cli.Main source: shared objects file");
    assertThat(run(builder(SCRIPT, "lss")))
        .isEqualTo(
            new Cli.Result(
                2,
                "",
                "fairlead: unknown command \"lss\"; did you mean \"ls\"?; fairlead --help shows its"
                    + " use\n"));
  }

  @Test
  void theEmbeddedEtcdServesCommandsOfOtherProcesses() throws Exception {
    Process etcd = start(builder(SCRIPT, "etcd", "--port", "0"));
    BufferedReader lines = etcd.inputReader(UTF_8);
    String line = lines.readLine();
    assertThat(line).startsWith("etcd for development: --registry etcd://127.0.0.1:");
    String url = line.substring(line.indexOf("etcd://"));
    ProcessBuilder ls = builder(SCRIPT, "ls");
    ls.environment().put("FAIRLEAD_REGISTRY", url);
    assertThat(run(ls)).isEqualTo(new Cli.Result(0, "no services\n", ""));
  }

  @Test
  void itStartsWithoutAHomeAndThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("fl"), SCRIPT);
    ProcessBuilder bare = builder(link, "--version");
    bare.environment().remove("FAIRLEAD_CACHE");
    bare.environment().remove("XDG_CACHE_HOME");
    bare.environment().put("HOME", "/proc/nowhere");
    Cli.Result result = run(bare);
    assertThat(result.out()).startsWith("fairlead 0.");
    assertThat(result.exit()).isZero();
  }

  @Test
  void aMissingJarIsNamedWithItsWayOut() throws Exception {
    Path alone = Files.copy(SCRIPT, folder.resolve("fairlead"));
    assertThat(alone.toFile().setExecutable(true)).isTrue();
    Cli.Result result = run(builder(alone, "--version"));
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("name it with FAIRLEAD_JAR");
  }
}
