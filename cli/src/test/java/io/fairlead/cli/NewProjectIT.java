package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A project of {@code fairlead new}, built with the jars of this build, and run. What else it needs
 * comes as it does for its user, as the build itself needs other versions of some of it.
 */
@Timeout(300)
class NewProjectIT {
  private static final Pattern ARTIFACT =
      Pattern.compile("</parent>\\s*<artifactId>(.*?)</artifactId>");
  private static final Pattern VERSION = Pattern.compile("<version>(.*?)</version>");
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path folder;
  private final List<Process> running = new ArrayList<>();

  @AfterEach
  void stop() {
    running.forEach(Process::destroyForcibly);
  }

  private Process start(Path where, Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    running.add(process);
    process.getOutputStream().close();
    return process;
  }

  private static String output(Process process) throws Exception {
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(240, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  @Test
  void itBuildsItsTestsPassAndItServes() throws Exception {
    Path project = folder.resolve("order-desk");
    assertThat(new Cli().run("new", "order-desk", "--directory", project.toString()).exit())
        .isZero();
    Process build;
    try {
      build =
          start(
              project,
              Map.of("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"),
              "mvn",
              "-B",
              "-Dmaven.repo.local=" + repository(folder.resolve("repository")),
              "package");
    } catch (IOException e) {
      throw ToolAssumption.skip("mvn", "apt-get install maven");
    }
    assertThat(output(build)).contains("Tests run: 3, Failures: 0, Errors: 0, Skipped: 0");

    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process server =
        start(project, Map.of("FAIRLEAD_PORT", "0"), java, "-jar", "target/order-desk.jar");
    String port = port(server.inputReader(UTF_8));
    Process client =
        start(
            project,
            Map.of(),
            java,
            "-cp",
            "target/order-desk.jar",
            "orderdesk.Client",
            "127.0.0.1:" + port,
            "Ada");
    assertThat(output(client)).contains("Hello, Ada!");
    server.destroy(); // SIGTERM, as Kubernetes sends it
    assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(server.exitValue()).as("128 and the number of SIGTERM").isEqualTo(143);
  }

  private static String port(BufferedReader lines) throws IOException {
    Pattern listens = Pattern.compile("order-desk listens on port (\\d+)");
    StringBuilder said = new StringBuilder();
    String line = lines.readLine();
    while (line != null) {
      Matcher found = listens.matcher(line);
      if (found.find()) {
        return found.group(1);
      }
      said.append(line).append('\n');
      line = lines.readLine();
    }
    throw new AssertionError("the server has ended: " + said);
  }

  /**
   * Makes a local repository: that of this build by links, and beside it what this build has made,
   * which nobody installs into a repository that others use.
   */
  private static Path repository(Path made) throws IOException {
    Path local = Path.of(System.getProperty("local.repository"));
    link(local, made, "io");
    link(local.resolve("io"), made.resolve("io"), "fairlead");
    Path ours = made.resolve("io").resolve("fairlead");
    Path parent = ROOT.resolve("pom.xml");
    copy(parent, ours, "fairlead-parent", "pom");
    copy(ROOT.resolve("bom/pom.xml"), ours, "fairlead-bom", "pom");
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.filter(each -> Files.exists(each.resolve("pom.xml"))).toList()) {
        Matcher artifact = ARTIFACT.matcher(Files.readString(module.resolve("pom.xml")));
        if (artifact.find()) {
          String name = artifact.group(1);
          Path jar = module.resolve("target").resolve(name + "-" + version() + ".jar");
          if (Files.exists(jar)) {
            copy(module.resolve("pom.xml"), ours, name, "pom");
            copy(jar, ours, name, "jar");
          }
        }
      }
    }
    return made;
  }

  private static void link(Path from, Path to, String except) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> entries = Files.list(from)) {
      for (Path each : entries.toList()) {
        if (!each.getFileName().toString().equals(except)) {
          Files.createSymbolicLink(to.resolve(each.getFileName()), each);
        }
      }
    }
  }

  private static void copy(Path file, Path group, String artifact, String kind) throws IOException {
    Path folder = Files.createDirectories(group.resolve(artifact).resolve(version()));
    Files.copy(file, folder.resolve(artifact + "-" + version() + "." + kind));
  }

  private static String version() throws IOException {
    Matcher version = VERSION.matcher(Files.readString(ROOT.resolve("pom.xml")));
    assertThat(version.find()).isTrue();
    return version.group(1);
  }
}
