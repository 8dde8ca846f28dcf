package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs the bench and writes its reports; {@code bench/run} starts it. */
public final class BenchMain {
  private static final String FIXED_RATE_BASE = "async-32";

  private BenchMain() {}

  /** See bench/README.md for the options. */
  public static void main(String[] args) throws Exception {
    Plan plan;
    try {
      Plan asked = Plan.parse(args);
      if (asked.memory() == 0) {
        asked.sections().stream()
            .flatMap(section -> section.loads().stream())
            .filter(load -> load.kind() == Load.Kind.H2LOAD)
            .findFirst()
            .ifPresent(H2Load::require);
      }
      plan = asked.inDirectoryOfItsOwn();
    } catch (IllegalArgumentException e) {
      System.err.println("bench/run: " + e.getMessage());
      System.exit(2);
      return;
    }
    if (plan.memory() > 0) {
      String table = new MemoryRun(plan, plan.memory()).run(Plan.clients(plan.sections().get(0)));
      write(plan.out().resolve("memory.txt"), table);
      return;
    }
    List<List<Result>> starts = new ArrayList<>();
    List<Runner.Failure> failures = new ArrayList<>();
    long start = System.nanoTime();
    Against against = plan.against();
    for (int i = 0; i < plan.starts(); i++) {
      List<Result> ofStart = new ArrayList<>();
      for (Section section : plan.sections()) {
        measure(plan, i % 2 == 0 ? section : section.reversed(), ofStart, failures);
      }
      starts.add(ofStart);
      if (against != null && i + 1 < plan.starts()) {
        System.out.printf("%nAfter %d of %d starts:", i + 1, plan.starts());
        System.out.print(Comparison.of(starts, against).text());
      }
    }
    List<Result> results = Result.joined(starts);
    Comparison comparison = against == null ? null : Comparison.of(starts, against);
    String ratios = comparison == null ? "" : comparison.text();
    String about =
        failures.stream()
            .map(Runner.Failure::text)
            .collect(
                Collectors.joining(
                    "\n", about(plan, (System.nanoTime() - start) / 1_000_000_000) + "\n", ""))
            .strip();
    write(plan.out().resolve("results.json"), JsonReport.of(results, about));
    write(plan.out().resolve("report.html"), HtmlReport.of(results, about));
    plots(plan.out().resolve("plots"), results);
    write(plan.out().resolve("table.txt"), about + "\n" + TextReport.of(results) + ratios);
    if (plan.telemetry()) {
      String table =
          about + "\n\n" + TelemetryReport.of(starts, against) + "\n" + new ScrapeRun(plan).run();
      write(plan.out().resolve("telemetry.md"), table);
      System.out.println("\n" + table);
    }
    System.out.println(about);
    System.out.println("Reports are in " + plan.out().toAbsolutePath());
    System.out.print(ratios);
    if ((comparison != null && comparison.fails())
        || failures.stream().anyMatch(failure -> isTodays(failure.variant(), against))) {
      System.exit(1);
    }
  }

  /** A peer may fail, or an older state: today's Fairlead may not. */
  private static boolean isTodays(String variant, @Nullable Against against) {
    return Peers.isOurs(variant) && (against == null || !against.isTheirs(variant));
  }

  private static void measure(
      Plan plan, Section section, List<Result> results, List<Runner.Failure> failures)
      throws IOException {
    try (Runner runner = new Runner(plan, section)) {
      for (Load load : section.loads()) {
        List<Result> measured = runner.run(load);
        add(measured, results);
        if (plan.fixedRates() && load.toString().equals(FIXED_RATE_BASE)) {
          fixedRates(runner, measured, results);
        }
      }
      failures.addAll(runner.failures());
    }
  }

  private static void add(List<Result> measured, List<Result> results) {
    results.addAll(measured);
    System.out.print(TextReport.of(measured));
    System.out.flush();
  }

  /** At half and at four fifths of what grpc-java out of the box can do, the same for all. */
  private static void fixedRates(Runner runner, List<Result> measured, List<Result> results) {
    double capacity =
        measured.stream()
            .filter(result -> result.variant().equals("grpc"))
            .mapToDouble(result -> result.median(Sample::rate))
            .findFirst()
            .orElse(0);
    for (int share : capacity > 0 ? new int[] {50, 80} : new int[0]) {
      add(runner.runAtRate((long) (capacity * share / 100), "rate-" + share + "%"), results);
    }
  }

  private static String about(Plan plan, long seconds) {
    return String.format(
        Locale.ROOT,
        "%s, %d processors, Java %s, %d rounds of %d ms%s, %s, %d s in all",
        System.getProperty("os.name"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version(),
        plan.rounds(),
        plan.window().toMillis(),
        plan.starts() == 1 ? "" : " in each of " + plan.starts() + " starts",
        plan.sections().stream()
            .map(section -> section.tls() ? "TLS" : "plaintext")
            .distinct()
            .collect(Collectors.joining(" and ")),
        seconds);
  }

  /** Each chart of the page as a file of its own, for other pages. */
  private static void plots(Path directory, List<Result> results) throws IOException {
    Files.createDirectories(directory);
    for (String load : results.stream().map(Result::load).distinct().toList()) {
      List<Result> ofLoad = results.stream().filter(each -> each.load().equals(load)).toList();
      for (Chart chart : Chart.ALL) {
        String svg = chart.svg(ofLoad);
        if (!svg.isEmpty()) {
          String name = load.replaceAll("[^a-z0-9]+", "-") + "-" + chart.file() + ".svg";
          write(directory.resolve(name), svg);
        }
      }
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
  }
}
