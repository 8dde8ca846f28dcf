package io.fairlead.bench;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One figure of today's state by the same figure of another one.
 *
 * @param figure what was measured
 * @param moreIsBetter of calls a second, and not of what a call costs
 * @param spread of the rounds' ratios; not a number where the load does not take the figure
 */
record Ratio(String figure, boolean moreIsBetter, Stats.Spread spread) {
  /**
   * @param floor what a ratio may sink to: 0.97 for 3 %
   */
  boolean isWorse(double floor) {
    return moreIsBetter ? spread.median() < floor : spread.median() > 1 / floor;
  }

  private boolean isWorseInEveryRound() {
    return moreIsBetter ? spread.max() < 1 : spread.min() > 1;
  }

  @Override
  public String toString() {
    return Double.isNaN(spread.median())
        ? ""
        : String.format(
            Locale.ROOT, "%.3f (%.2f-%.2f)", spread.median(), spread.min(), spread.max());
  }

  /**
   * A row of a table of ratios.
   *
   * @param name for the reader
   */
  record Row(String name, List<Ratio> ratios) {
    boolean isWorse(double floor) {
      return ratios.stream().anyMatch(ratio -> ratio.isWorse(floor));
    }

    private String worse(double floor) {
      return ratios.stream()
          .filter(ratio -> ratio.isWorse(floor))
          .map(
              ratio ->
                  ratio.figure()
                      + " "
                      + ratio
                      + (ratio.isWorseInEveryRound() ? " in every round" : ""))
          .collect(Collectors.joining(", ", name + ": ", ""));
    }
  }

  /** The line below the table. */
  static String verdict(List<Row> rows, double floor) {
    String percent =
        new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(100 * (1 - floor));
    if (rows.isEmpty()) {
      return "No row was measured in both states.";
    }
    String worse =
        rows.stream()
            .filter(row -> row.isWorse(floor))
            .map(row -> row.worse(floor))
            .collect(Collectors.joining("; "));
    return worse.isEmpty()
        ? "No row is worse than " + percent + " %."
        : "Worse than " + percent + " %: " + worse;
  }
}
