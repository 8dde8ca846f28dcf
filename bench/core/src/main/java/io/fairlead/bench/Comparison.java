package io.fairlead.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** Today's variants by those of another state, round by round. */
record Comparison(Against against, List<Row> rows) {
  private static final String LINE = "%-22s %-20s %6s %19s %19s %19s%n";

  /**
   * One variant under one load.
   *
   * @param rounds that both states have figures of
   * @param cold in how many of them a compiler of the JVMs was still at work
   */
  record Row(String load, String variant, int rounds, int cold, List<Ratio> ratios) {
    private String line() {
      return String.format(
          Locale.ROOT, LINE, load, variant, rounds, ratios.get(0), ratios.get(1), ratios.get(2));
    }
  }

  /**
   * @param starts the results of each start of the processes: rounds of one start are held against
   *     rounds of the same start only
   */
  static Comparison of(List<List<Result>> starts, Against against) {
    Set<List<String>> names = new LinkedHashSet<>();
    starts.stream()
        .flatMap(List::stream)
        .filter(result -> !against.isTheirs(result.variant()))
        .forEach(result -> names.add(List.of(result.load(), result.variant())));
    return new Comparison(
        against,
        names.stream()
            .map(name -> row(starts, name.get(0), name.get(1), against))
            .filter(row -> row.rounds() > 0)
            .toList());
  }

  private static Row row(List<List<Result>> starts, String load, String variant, Against against) {
    List<Result> ours = new ArrayList<>();
    List<Result> theirs = new ArrayList<>();
    for (List<Result> start : starts) {
      Optional<Result> mine = find(start, load, variant);
      Optional<Result> other = find(start, load, against.theirs(variant));
      if (mine.isPresent() && other.isPresent()) {
        ours.add(mine.get());
        theirs.add(other.get());
      }
    }
    return new Row(
        load,
        variant,
        ratios(ours, theirs, Sample::rate).length,
        cold(ours, theirs),
        List.of(
            new Ratio("calls/s", true, spread(ours, theirs, Sample::rate)),
            new Ratio("CPU a call", false, spread(ours, theirs, Sample::cpuMicros)),
            new Ratio("bytes a call", false, spread(ours, theirs, Sample::allocatedBytes))));
  }

  private static int cold(List<Result> ours, List<Result> theirs) {
    int cold = 0;
    for (int i = 0; i < ours.size(); i++) {
      cold += ours.get(i).cold(theirs.get(i));
    }
    return cold;
  }

  private static Optional<Result> find(List<Result> results, String load, String variant) {
    return results.stream()
        .filter(result -> result.load().equals(load) && result.variant().equals(variant))
        .findFirst();
  }

  private static Stats.Spread spread(
      List<Result> ours, List<Result> theirs, ToDoubleFunction<Sample> figure) {
    return Stats.spread(
        DoubleStream.of(ratios(ours, theirs, figure)).filter(Double::isFinite).toArray());
  }

  private static double[] ratios(
      List<Result> ours, List<Result> theirs, ToDoubleFunction<Sample> figure) {
    DoubleStream all = DoubleStream.empty();
    for (int i = 0; i < ours.size(); i++) {
      all = DoubleStream.concat(all, DoubleStream.of(ours.get(i).ratios(theirs.get(i), figure)));
    }
    return all.toArray();
  }

  /** Whether the run is to end with 1. */
  boolean fails() {
    return against.fails() && named().stream().anyMatch(row -> row.isWorse(against.floor()));
  }

  private List<Ratio.Row> named() {
    return rows.stream()
        .map(row -> new Ratio.Row(row.load() + " " + row.variant(), row.ratios()))
        .toList();
  }

  /** The table, and the line with what is worse. */
  String text() {
    StringBuilder text =
        new StringBuilder(
            "%n%s / %s, round by round: median (smallest-largest)%n"
                .formatted(against.today(), against.revision()));
    text.append(
        LINE.formatted("load", "variant", "rounds", "calls/s", "CPU a call", "bytes a call"));
    rows.forEach(row -> text.append(row.line()));
    String cold =
        rows.stream()
            .filter(row -> row.cold() > 0)
            .map(
                row ->
                    "%s %s (%d of %d)"
                        .formatted(row.load(), row.variant(), row.cold(), row.rounds()))
            .collect(Collectors.joining(", "));
    if (!cold.isEmpty()) {
      text.append("Rounds in which the JVMs still compiled, which say little: ")
          .append(cold)
          .append(". A higher --warm helps.\n");
    }
    return text + Ratio.verdict(named(), against.floor()) + "\n";
  }
}
