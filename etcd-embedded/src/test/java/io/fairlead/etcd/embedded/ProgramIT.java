package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The jar that runs by itself, and etcd's own command line against it. */
class ProgramIT {
  private static final Pattern SERVES = Pattern.compile("serves http://(127\\.0\\.0\\.1:\\d+)");

  private final List<Process> running = new ArrayList<>();

  @AfterEach
  void stop() {
    running.forEach(Process::destroyForcibly);
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    running.add(process);
    return process;
  }

  private Process program(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-jar");
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      command.add(
          files
              .map(Path::toString)
              .filter(name -> name.endsWith("-all.jar"))
              .findFirst()
              .orElseThrow());
    }
    command.addAll(List.of(options));
    return start(command);
  }

  /** Starts the program, and gives what clients connect to. */
  private String serve() throws IOException {
    BufferedReader lines = program("--port", "0").inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher serves = SERVES.matcher(line);
      if (serves.find()) {
        assertThat(line).contains("for development: one process, memory only");
        return serves.group(1);
      }
    }
    throw new AssertionError("the program ended without serving");
  }

  private Process etcdctl(String endpoint, String... arguments) throws IOException {
    if (Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
        .noneMatch(folder -> Files.isExecutable(Path.of(folder, "etcdctl")))) {
      throw ToolAssumption.skip("etcdctl", "apt-get install etcd-client");
    }
    List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints", endpoint));
    command.addAll(List.of(arguments));
    return start(command);
  }

  private String said(int exit, Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isEqualTo(exit);
    return output;
  }

  private String ctl(String endpoint, String... arguments) throws Exception {
    return said(0, etcdctl(endpoint, arguments));
  }

  @Test
  void etcdctlWorksWithIt() throws Exception {
    String etcd = serve();
    assertThat(ctl(etcd, "put", "color", "red")).isEqualTo("OK\n");
    assertThat(ctl(etcd, "get", "color")).isEqualTo("color\nred\n");
    assertThat(ctl(etcd, "get", "--prefix", "--keys-only", "")).contains("color");
    Process transaction = etcdctl(etcd, "txn");
    transaction
        .getOutputStream()
        .write(
            "value(\"color\") = \"red\"\n\nput color green\n\nput color blue\n\n"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(said(0, transaction)).contains("SUCCESS");
    assertThat(ctl(etcd, "get", "color", "--print-value-only")).isEqualTo("green\n");
    assertThat(ctl(etcd, "del", "color")).isEqualTo("1\n");
    assertThat(ctl(etcd, "member", "list")).contains("started");
    assertThat(ctl(etcd, "endpoint", "status")).contains(etcd);
    assertThat(ctl(etcd, "endpoint", "health")).contains("is healthy");
  }

  @Test
  void etcdctlLeasesAndWatchesWork() throws Exception {
    String etcd = serve();
    String granted = ctl(etcd, "lease", "grant", "600");
    Matcher id = Pattern.compile("lease ([0-9a-f]+) granted with TTL\\(600s\\)").matcher(granted);
    assertThat(id.find()).as(granted).isTrue();
    ctl(etcd, "put", "held", "yes", "--lease=" + id.group(1));
    assertThat(ctl(etcd, "lease", "timetolive", id.group(1), "--keys")).contains("held");
    BufferedReader watch =
        etcdctl(etcd, "watch", "held", "--rev=1").inputReader(StandardCharsets.UTF_8);
    assertThat(List.of(watch.readLine(), watch.readLine(), watch.readLine()))
        .containsExactly("PUT", "held", "yes");
    ctl(etcd, "lease", "revoke", id.group(1));
    assertThat(List.of(watch.readLine(), watch.readLine())).containsExactly("DELETE", "held");
  }

  @Test
  void unsupportedFeaturesAreNamed() throws Exception {
    String etcd = serve();
    assertThat(said(1, etcdctl(etcd, "user", "list"))).contains("Unimplemented");
  }

  @Test
  void commandLineErrorsAreNamed() throws Exception {
    assertThat(said(0, program("--help"))).startsWith("java -jar fairlead-etcd-embedded");
    assertThat(said(2, program("--prot", "1"))).startsWith("unknown option --prot\n");
    assertThat(said(2, program("--port", "many"))).startsWith("--port many is not a port");
    String taken = serve();
    String port = taken.substring(taken.indexOf(':') + 1);
    assertThat(said(1, program("--port", port)))
        .contains("cannot listen on 127.0.0.1:" + port, "choose another port");
  }
}
