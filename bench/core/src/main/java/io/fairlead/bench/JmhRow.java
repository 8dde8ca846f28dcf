package io.fairlead.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One benchmark with one set of parameters, as JMH's CSV tells it.
 *
 * @param type the simple name of its class
 * @param method its method, and which of a group's
 * @param parameters those it has, in the order of the file, which has a column for each of all
 */
record JmhRow(String type, String method, List<String> parameters, String threads) {
  private static final String BYTES = ":gc.alloc.rate.norm";

  /**
   * What one run of it gave.
   *
   * @param unit as in {@code ns/op}
   * @param bytes that an operation allocates; not a number where JMH did not count them
   */
  record Score(double value, String unit, double bytes) {
    boolean moreIsBetter() {
      return unit.startsWith("ops/");
    }
  }

  /** Reads the lines of {@code -rf csv}, with or without {@code -prof gc}. */
  static Map<JmhRow, Score> read(List<String> lines) {
    Map<JmhRow, Score> scores = new LinkedHashMap<>();
    for (String line : lines) {
      List<String> cells = Arrays.asList(line.replace("\"", "").replace("·", "").split(",", -1));
      if (line.isBlank() || cells.get(0).equals("Benchmark")) {
        continue;
      }
      String name = cells.get(0);
      if (name.endsWith(BYTES)) {
        double bytes = Double.parseDouble(cells.get(4));
        String plain = name.substring(0, name.length() - BYTES.length());
        scores.computeIfPresent(
            row(plain, cells), (row, score) -> new Score(score.value(), score.unit(), bytes));
      } else if (!name.contains(":gc.")) {
        scores.put(
            row(name, cells),
            new Score(Double.parseDouble(cells.get(4)), cells.get(6), Double.NaN));
      }
    }
    return scores;
  }

  private static JmhRow row(String name, List<String> cells) {
    List<String> words = List.of(name.split("\\.", -1));
    return new JmhRow(
        words.get(words.size() - 2),
        words.get(words.size() - 1),
        cells.stream().skip(7).filter(parameter -> !parameter.isEmpty()).toList(),
        cells.get(2));
  }

  /**
   * Today's rows with those of the other state: by class without its package, method, parameters
   * and threads; where a class was renamed, by the rest, if that is one row on both sides.
   */
  static Map<JmhRow, JmhRow> paired(List<JmhRow> ours, List<JmhRow> theirs) {
    Map<JmhRow, JmhRow> pairs = new LinkedHashMap<>();
    for (JmhRow row : ours) {
      if (theirs.contains(row)) {
        pairs.put(row, row);
        continue;
      }
      List<JmhRow> others = row.likeIt(theirs, ours);
      if (others.size() == 1 && row.likeIt(ours, theirs).size() == 1) {
        pairs.put(row, others.get(0));
      }
    }
    return pairs;
  }

  private List<JmhRow> likeIt(List<JmhRow> rows, List<JmhRow> except) {
    return rows.stream()
        .filter(row -> row.withoutType().equals(withoutType()) && !except.contains(row))
        .toList();
  }

  private JmhRow withoutType() {
    return new JmhRow("", method, parameters, threads);
  }

  @Override
  public String toString() {
    return "%s.%s%s, %s thread"
        .formatted(
            type,
            method,
            parameters.stream().map(parameter -> " " + parameter).collect(Collectors.joining()),
            threads);
  }
}
