package io.fairlead.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** JMH's figures of two states, round by round; {@code bench/jmh/run --against} starts it. */
public final class JmhComparison {
  private static final String LINE = "%-72s %22s %22s %8s %19s %19s%n";

  private final List<Map<JmhRow, JmhRow.Score>> ours;
  private final List<Map<JmhRow, JmhRow.Score>> theirs;

  /** Of each round, in the same order. */
  JmhComparison(List<Map<JmhRow, JmhRow.Score>> ours, List<Map<JmhRow, JmhRow.Score>> theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  /**
   * {@code <folder> <revision> <name of today's state> [<floor>]}: the folder holds {@code
   * results-<threads>-<round>.csv} of today and {@code against-…} of the other state.
   */
  public static void main(String[] args) throws IOException {
    Against against = Against.of(args[1], args[2], args.length > 3 ? args[3] : "");
    List<Map<JmhRow, JmhRow.Score>> ours = new ArrayList<>();
    List<Map<JmhRow, JmhRow.Score>> theirs = new ArrayList<>();
    for (Path file : files(Path.of(args[0]))) {
      String name = file.getFileName().toString();
      Path other = file.resolveSibling(name.replace("results-", "against-"));
      ours.add(JmhRow.read(Files.readAllLines(file)));
      theirs.add(Files.exists(other) ? JmhRow.read(Files.readAllLines(other)) : Map.of());
    }
    JmhComparison comparison = new JmhComparison(ours, theirs);
    System.out.print(comparison.text(against));
    if (against.fails()
        && comparison.rows().stream().anyMatch(row -> row.isWorse(against.floor()))) {
      System.exit(1);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("results-.*\\.csv"))
          .sorted()
          .toList();
    }
  }

  private static List<JmhRow> names(List<Map<JmhRow, JmhRow.Score>> rounds) {
    Set<JmhRow> names = new LinkedHashSet<>();
    rounds.forEach(round -> names.addAll(round.keySet()));
    return List.copyOf(names);
  }

  private Map<JmhRow, JmhRow> pairs() {
    return JmhRow.paired(names(ours), names(theirs));
  }

  List<Ratio.Row> rows() {
    return pairs().entrySet().stream().map(pair -> row(pair.getKey(), pair.getValue())).toList();
  }

  private Ratio.Row row(JmhRow mine, JmhRow other) {
    boolean moreIsBetter = scores(ours, mine).get(0).moreIsBetter();
    return new Ratio.Row(
        mine.toString(),
        List.of(
            new Ratio(
                moreIsBetter ? "speed" : "time",
                moreIsBetter,
                spread(mine, other, JmhRow.Score::value)),
            new Ratio("bytes", false, spread(mine, other, JmhComparison::wholeBytes))));
  }

  /** JMH divides what the JVM itself allocates among the operations: 0.001 bytes are none. */
  private static double wholeBytes(JmhRow.Score score) {
    return Math.rint(score.bytes());
  }

  private Stats.Spread spread(JmhRow mine, JmhRow other, ToDoubleFunction<JmhRow.Score> figure) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      JmhRow.Score our = ours.get(i).get(mine);
      JmhRow.Score their = theirs.get(i).get(other);
      if (our != null && their != null) {
        ratios.add(figure.applyAsDouble(our) / figure.applyAsDouble(their));
      }
    }
    return Stats.spread(
        ratios.stream().mapToDouble(Double::doubleValue).filter(x -> !Double.isNaN(x)).toArray());
  }

  private static List<JmhRow.Score> scores(List<Map<JmhRow, JmhRow.Score>> rounds, JmhRow name) {
    return rounds.stream()
        .filter(round -> round.containsKey(name))
        .map(round -> round.get(name))
        .toList();
  }

  /** The table, what has no partner, and the line with what is worse. */
  String text(Against against) {
    StringBuilder text =
        new StringBuilder(
            "%n%s / %s, medians; ratios round by round (smallest-largest)%n"
                .formatted(against.today(), against.revision()));
    text.append(
        LINE.formatted(
            "benchmark", against.today(), against.revision(), "unit", "ratio", "ratio of bytes"));
    Map<JmhRow, JmhRow> pairs = pairs();
    pairs.forEach((mine, other) -> text.append(line(mine, other)));
    alone(names(ours), pairs.keySet(), "Only in " + against.today(), text);
    alone(names(theirs), pairs.values(), "Only in " + against.revision(), text);
    return text + Ratio.verdict(rows(), against.floor()) + "\n";
  }

  private static void alone(
      List<JmhRow> all, Iterable<JmhRow> paired, String where, StringBuilder text) {
    List<JmhRow> alone = new ArrayList<>(all);
    paired.forEach(alone::remove);
    alone.forEach(row -> text.append(where).append(": ").append(row).append('\n'));
  }

  private String line(JmhRow mine, JmhRow other) {
    Ratio.Row row = row(mine, other);
    return LINE.formatted(
        mine,
        figures(scores(ours, mine)),
        figures(scores(theirs, other)),
        scores(ours, mine).get(0).unit(),
        row.ratios().get(0),
        row.ratios().get(1));
  }

  private static String figures(List<JmhRow.Score> scores) {
    return String.format(
        Locale.ROOT,
        "%.1f, %.0f bytes",
        Stats.median(scores.stream().mapToDouble(JmhRow.Score::value).toArray()),
        Stats.median(scores.stream().mapToDouble(JmhRow.Score::bytes).toArray()));
  }
}
