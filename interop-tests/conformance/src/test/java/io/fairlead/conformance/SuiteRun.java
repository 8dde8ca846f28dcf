package io.fairlead.conformance;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of the suite against one program. The runner fails when a case fails that is not listed,
 * when one passes that is listed, and when a line of a list matches no case.
 */
final class SuiteRun {
  private static final Path LISTS = Path.of("src", "test", "conformance").toAbsolutePath();
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path REPORTS = TARGET.resolve("conformance");
  private static final Pattern SUMMARY =
      Pattern.compile(
          "Total cases: (\\d+)\\s+(\\d+) passed, (\\d+) failed(?:\\s+\\(Another (\\d+) failed"
              + " as)?");
  private static final Pattern FAILURE =
      Pattern.compile("^FAILED: .*(?:\\R\\s+.*)*", Pattern.MULTILINE);
  private static final int SHOWN = 20;

  private final String name;
  private final String mode;
  private final int cases;
  private final List<String> command = new ArrayList<>();
  private String suite = "suite.yaml";

  private SuiteRun(String name, String mode, int cases) {
    this.name = name;
    this.mode = mode;
    this.cases = cases;
  }

  /**
   * A run against a server, which the runner starts once for each configuration. It gives each ten
   * seconds to start, so they start one after the other.
   */
  static SuiteRun server(String name) {
    return new SuiteRun(name, "server", 570).with("--max-servers", "1");
  }

  /** A run against a server that takes all protocols, over both versions of HTTP. */
  static SuiteRun gateway(String name) {
    SuiteRun run = new SuiteRun(name, "server", 3820).with("--max-servers", "1");
    run.suite = "suite-gateway.yaml";
    return run;
  }

  /** A run against a client, which the runner starts once. */
  static SuiteRun client(String name) {
    return new SuiteRun(name, "client", 646);
  }

  /** Adds options of the runner. */
  SuiteRun with(String... options) {
    command.addAll(List.of(options));
    return this;
  }

  /** The cases in this list must fail. */
  SuiteRun knownFailing(String list) {
    return with("--known-failing", "@" + LISTS.resolve(list));
  }

  /** Runs it, and says how many cases hold. */
  void run(String mainClass, String... arguments) throws IOException, InterruptedException {
    Path report = Files.createDirectories(REPORTS).resolve(name + ".txt");
    long began = System.nanoTime();
    int code = start(command(mainClass, arguments), report, REPORTS.resolve(name + ".log"));
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
    String said = Files.readString(report);
    Matcher summary = SUMMARY.matcher(said);
    assertThat(summary.find()).as("no summary in %s; see also the .log beside it", report).isTrue();
    int passed = Integer.parseInt(summary.group(2));
    int known = summary.group(4) == null ? 0 : Integer.parseInt(summary.group(4));
    System.out.printf(
        "Conformance, %s: %d of %s cases pass, %d known failing, %d s%n",
        name, passed, summary.group(1), known, seconds);
    assertThat(code)
        .as(
            "%s of %s cases are not as listed; all in %s%n%s",
            summary.group(3), cases, report, failures(said))
        .isZero();
    assertThat(passed + known).as("cases that ran; see %s", report).isEqualTo(cases);
  }

  private List<String> command(String mainClass, String... arguments) {
    Path runner = TARGET.resolve("connectconformance");
    if (!isOnPath("go")) {
      throw ToolAssumption.skip("go", "Go 1.26 or newer, from go.dev");
    }
    assertThat(runner).as("the runner, which Maven builds").isExecutable();
    List<String> all = new ArrayList<>(List.of(runner.toString(), "--mode", mode));
    all.addAll(List.of("--conf", LISTS.resolve(suite).toString()));
    all.addAll(command);
    all.add("--");
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    all.addAll(List.of("-cp", System.getProperty("java.class.path")));
    all.add("io.fairlead.conformance." + mainClass);
    all.addAll(List.of(arguments));
    return all;
  }

  private static int start(List<String> command, Path report, Path log)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(report.toFile())
            .redirectError(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ended; see %s", log).isTrue();
      return process.exitValue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String failures(String said) {
    return FAILURE
        .matcher(said)
        .results()
        .limit(SHOWN)
        .map(each -> each.group())
        .collect(joining("\n"));
  }

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(File.pathSeparator, -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
