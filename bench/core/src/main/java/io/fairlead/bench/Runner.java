package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

  Runner(Plan plan, Section section) throws IOException {
    this.plan = plan;
    this.section = section;
    List<String> tls = plan.tls() ? TestCertificate.create(plan.out()) : List.of();
    for (String variant : section.variants()) {
      Path log = plan.out().resolve(variant + ".log");
      pairs.put(variant, Pair.start(plan, variant, section.instances(), tls, log));
    }
  }

  List<Result> run(Load load) throws IOException, InterruptedException {
    if (load.kind() == Load.Kind.START) {
      return startUps();
    }
    List<String> able =
        pairs.keySet().stream().filter(variant -> pair(variant).canRun(load)).toList();
    for (String variant : able) {
      warm(variant, load);
    }
    return inTurn(section.label(load), able, variant -> pair(variant).closed(load, plan.window()));
  }

  /**
   * Every variant at its own share of its own capacity is not comparable: the rate is one for all.
   */
  List<Result> runAtRate(long rate, String name) throws IOException, InterruptedException {
    List<String> able =
        pairs.keySet().stream()
            .filter(variant -> pair(variant).canRun(new Load(Load.Kind.ASYNC, 1)))
            .toList();
    List<String> keepUp = new ArrayList<>();
    for (String variant : able) {
      Sample sample = pair(variant).open(rate, plan.window());
      if (sample.failures() == 0) {
        keepUp.add(variant);
      } else {
        System.out.println(
            variant + " has no figures at " + rate + " calls/s: " + sample.failures() + " failed");
      }
    }
    return inTurn(section.label(name), keepUp, variant -> pair(variant).open(rate, plan.window()));
  }

  private List<Result> startUps() throws IOException, InterruptedException {
    List<String> able =
        pairs.keySet().stream()
            .filter(variant -> pair(variant).canRun(new Load(Load.Kind.START, 1)))
            .toList();
    List<Result> both =
        new ArrayList<>(inTurn("start-client", able, variant -> pair(variant).clientStart()));
    both.addAll(inTurn("start-server", able, variant -> pair(variant).serverStart()));
    return both;
  }

  /** One round of one variant. */
  private interface Round {
    Sample run(String variant) throws IOException, InterruptedException;
  }

  private List<Result> inTurn(String name, List<String> variants, Round round)
      throws IOException, InterruptedException {
    Map<String, List<Sample>> rounds = new LinkedHashMap<>();
    for (int i = 0; i < plan.rounds(); i++) {
      for (String variant : variants) {
        rounds
            .computeIfAbsent(variant, key -> new ArrayList<>())
            .add(checked(round.run(variant), variant));
      }
    }
    return rounds.entrySet().stream()
        .map(entry -> new Result(name, entry.getKey(), entry.getValue()))
        .toList();
  }

  private Pair pair(String variant) {
    Pair pair = pairs.get(variant);
    if (pair == null) {
      throw new IllegalArgumentException("Not started: " + variant);
    }
    return pair;
  }

  private Sample checked(Sample sample, String variant) {
    if (sample.failures() > 0) {
      throw new IllegalStateException(
          sample.failures()
              + " calls of "
              + variant
              + " failed; "
              + plan.out().resolve(variant + ".log")
              + " says why");
    }
    return sample;
  }

  private void warm(String variant, Load load) throws IOException, InterruptedException {
    List<Double> rates = new ArrayList<>();
    while (rates.size() < plan.warmWindows() && !stable(rates)) {
      rates.add(pair(variant).closed(load, WARM_WINDOW).rate());
    }
    System.out.printf(
        Locale.ROOT,
        "%s %s: warmed in %d windows, %s at %.0f ops/s%n",
        section.label(load),
        variant,
        rates.size(),
        stable(rates) ? "steady" : "not yet steady",
        rates.get(rates.size() - 1));
  }

  private static boolean stable(List<Double> rates) {
    if (rates.size() < 4) {
      return false;
    }
    List<Double> last = rates.subList(rates.size() - 3, rates.size());
    double low = last.stream().mapToDouble(rate -> rate).min().orElse(0);
    double high = last.stream().mapToDouble(rate -> rate).max().orElse(0);
    return high - low <= STABLE * high;
  }

  @Override
  public void close() throws IOException {
    for (Pair pair : pairs.values()) {
      pair.close();
    }
  }
}
