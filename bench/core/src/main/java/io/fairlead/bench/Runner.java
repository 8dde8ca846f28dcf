package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Warms every variant, then measures them in turn: A B C, A B C, … */
final class Runner implements AutoCloseable {
  private static final Duration WARM_WINDOW = Duration.ofMillis(700);
  private static final double STABLE = 0.05;

  private final Plan plan;
  private final Map<String, Pair> pairs = new LinkedHashMap<>();

  Runner(Plan plan) throws IOException {
    this.plan = plan;
    Files.createDirectories(plan.out());
    List<String> tls = plan.tls() ? TestCertificate.create(plan.out()) : List.of();
    for (String variant : plan.variants()) {
      Path log = plan.out().resolve(variant + ".log");
      Files.deleteIfExists(log);
      pairs.put(variant, Pair.start(plan, variant, tls, log));
    }
  }

  List<Result> run(Load load) throws IOException, InterruptedException {
    Map<String, List<Sample>> rounds = new LinkedHashMap<>();
    for (Map.Entry<String, Pair> entry : pairs.entrySet()) {
      if (entry.getValue().canRun(load)) {
        warm(entry.getValue(), load);
        rounds.put(entry.getKey(), new ArrayList<>());
      }
    }
    for (int round = 0; round < plan.rounds(); round++) {
      for (Map.Entry<String, List<Sample>> entry : rounds.entrySet()) {
        entry
            .getValue()
            .add(checked(pair(entry.getKey()).closed(load, plan.window()), entry.getKey()));
      }
    }
    return rounds.entrySet().stream()
        .map(entry -> new Result(load.toString(), entry.getKey(), entry.getValue()))
        .toList();
  }

  /**
   * Every variant at its own share of its own capacity is not comparable: the rate is one for all.
   */
  List<Result> runAtRate(long rate, String name) {
    Map<String, List<Sample>> rounds = new LinkedHashMap<>();
    for (int round = -1; round < plan.rounds(); round++) {
      for (Map.Entry<String, Pair> entry : pairs.entrySet()) {
        if (entry.getValue().canRun(new Load(Load.Kind.ASYNC, 1))) {
          Sample sample = checked(entry.getValue().open(rate, plan.window()), entry.getKey());
          if (round >= 0) {
            rounds.computeIfAbsent(entry.getKey(), key -> new ArrayList<>()).add(sample);
          }
        }
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

  private static Sample checked(Sample sample, String variant) {
    if (sample.failures() > 0) {
      throw new IllegalStateException(
          sample.failures() + " calls of " + variant + " failed; its log says why");
    }
    return sample;
  }

  private void warm(Pair pair, Load load) throws IOException, InterruptedException {
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i < plan.warmWindows() && !stable(rates); i++) {
      rates.add(pair.closed(load, WARM_WINDOW).rate());
    }
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
