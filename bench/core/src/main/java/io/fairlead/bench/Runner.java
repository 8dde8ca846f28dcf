package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Warms every variant of a section, then measures them in turn: A B C, A B C, … */
final class Runner implements AutoCloseable {
  private static final Duration WARM_WINDOW = Duration.ofMillis(700);
  private static final double STABLE = 0.05;

  private final Plan plan;
  private final Section section;
  private final Map<String, Pair> pairs = new LinkedHashMap<>();
  private final List<Failure> failures = new ArrayList<>();

  Runner(Plan plan, Section section) throws IOException {
    this.plan = plan;
    this.section = section;
    List<String> tls = section.tls() ? TestCertificate.create(plan.out()) : List.of();
    for (String variant : section.variants()) {
      Path log = plan.out().resolve(variant + ".log");
      pairs.put(variant, start(variant, tls, log));
    }
  }

  private Pair start(String variant, List<String> tls, Path log) throws IOException {
    try {
      return Pair.start(plan, variant, section.instances(), tls, log);
    } catch (IOException e) {
      close();
      Against against = plan.against();
      if (against == null || !against.isTheirs(variant)) {
        throw e;
      }
      throw new IOException(
          "%s did not start: that state must have the variant and speak today's bench contract%s"
                  .formatted(variant, " (Variant, BenchClient, BenchServer). ")
              + "Leave it out with --variants. The end of "
              + log
              + ":\n"
              + lastLines(log),
          e);
    }
  }

  private static String lastLines(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  List<Result> run(Load load) {
    if (load.kind() == Load.Kind.START) {
      return startUps();
    }
    String name = section.label(load);
    List<String> warm =
        able(load).stream()
            .filter(variant -> did(name, variant, () -> warm(variant, load)))
            .toList();
    return inTurn(name, warm, variant -> pair(variant).closed(load, plan.window()));
  }

  /**
   * Every variant at its own share of its own capacity is not comparable: the rate is one for all.
   */
  List<Result> runAtRate(long rate, String name) {
    String label = section.label(name);
    Round round = variant -> pair(variant).open(rate, plan.window());
    List<String> keepUp =
        able(new Load(Load.Kind.ASYNC, 1)).stream()
            .filter(variant -> did(label, variant, () -> checked(round.run(variant))))
            .toList();
    return inTurn(label, keepUp, round);
  }

  private List<Result> startUps() {
    List<String> able = able(new Load(Load.Kind.START, 1));
    List<Result> both =
        new ArrayList<>(
            inTurn(section.label("start-client"), able, variant -> pair(variant).clientStart()));
    both.addAll(
        inTurn(section.label("start-server"), able, variant -> pair(variant).serverStart()));
    return both;
  }

  private List<String> able(Load load) {
    return pairs.keySet().stream().filter(variant -> pair(variant).canRun(load)).toList();
  }

  /** One round of one variant. */
  private interface Round {
    Sample run(String variant) throws IOException, InterruptedException;
  }

  private interface Attempt {
    void run() throws IOException, InterruptedException;
  }

  private List<Result> inTurn(String load, List<String> variants, Round round) {
    Map<String, List<Sample>> rounds = new LinkedHashMap<>();
    variants.forEach(variant -> rounds.put(variant, new ArrayList<>()));
    List<String> order = new ArrayList<>(variants);
    for (int i = 0; i < plan.rounds(); i++) {
      for (String variant : order) {
        List<Sample> samples = rounds.get(variant);
        if (samples != null
            && !did(load, variant, () -> samples.add(checked(round.run(variant))))) {
          rounds.remove(variant);
        }
      }
      if (plan.against() != null) {
        Collections.reverse(order); // so that neither state is always the first of a round
      }
    }
    return rounds.entrySet().stream()
        .map(entry -> new Result(load, entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Who cannot do it has no figures under this load; the run goes on with the others. */
  private boolean did(String load, String variant, Attempt attempt) {
    try {
      attempt.run();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The run was interrupted", e);
    } catch (IOException | RuntimeException e) {
      String failure =
          "%s has no figures under %s: %s; see %s"
              .formatted(variant, load, e.getMessage(), plan.out().resolve(variant + ".log"));
      System.out.println(failure);
      failures.add(new Failure(variant, failure));
      return false;
    }
  }

  /** What could not be measured. */
  List<Failure> failures() {
    return failures;
  }

  /**
   * A variant that could not do what was asked of it.
   *
   * @param text for the reader of the reports
   */
  record Failure(String variant, String text) {}

  private Pair pair(String variant) {
    Pair pair = pairs.get(variant);
    if (pair == null) {
      throw new IllegalArgumentException("Not started: " + variant);
    }
    return pair;
  }

  private static Sample checked(Sample sample) {
    if (sample.failures() > 0) {
      throw new IllegalStateException(sample.failures() + " calls failed");
    }
    return sample;
  }

  private void warm(String variant, Load load) throws IOException, InterruptedException {
    List<Sample> windows = new ArrayList<>();
    while (windows.size() < plan.warmWindows() && !isStable(windows)) {
      windows.add(pair(variant).closed(load, WARM_WINDOW));
    }
    System.out.printf(
        Locale.ROOT,
        "%s %s: warmed in %d windows, %s at %.0f ops/s%n",
        section.label(load),
        variant,
        windows.size(),
        isStable(windows) ? "steady" : "not yet steady",
        windows.get(windows.size() - 1).rate());
  }

  /**
   * The same rate alone may be that of slow code which waits in the queue of the compilers, as
   * encryption does for many seconds.
   */
  static boolean isStable(List<Sample> windows) {
    if (windows.size() < 4) {
      return false;
    }
    List<Sample> last = windows.subList(windows.size() - 3, windows.size());
    double low = last.stream().mapToDouble(Sample::rate).min().orElse(0);
    double high = last.stream().mapToDouble(Sample::rate).max().orElse(0);
    return high - low <= STABLE * high && last.stream().noneMatch(Sample::isCompiling);
  }

  @Override
  public void close() throws IOException {
    for (Pair pair : pairs.values()) {
      pair.close();
    }
  }
}
