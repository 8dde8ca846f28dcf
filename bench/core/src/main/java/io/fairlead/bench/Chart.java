package io.fairlead.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * One figure of every variant under a load, as bars of SVG: medians, and a line from the lowest to
 * the highest round.
 *
 * @param file the end of the file's name
 */
record Chart(String file, String title, ToDoubleFunction<Sample> figure) {
  private static final int BAR_HEIGHT = 18;
  private static final int LABEL_WIDTH = 170;
  private static final int BAR_WIDTH = 330;

  static final List<Chart> ALL =
      List.of(
          new Chart("operations", "operations a second", Sample::rate),
          new Chart("p50", "p50 latency, microseconds", Sample::p50Micros),
          new Chart("p99", "p99 latency, microseconds", Sample::p99Micros),
          new Chart("cpu", "CPU of both ends an operation, microseconds", Sample::cpuMicros),
          new Chart(
              "allocation", "allocated by both ends an operation, bytes", Sample::allocatedBytes));

  /** Empty where the load does not take the figure. */
  String svg(List<Result> results) {
    double most =
        results.stream().mapToDouble(r -> Stats.spread(r.each(figure)).max()).max().orElse(0);
    if (most <= 0) {
      return "";
    }
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
        <text x="0" y="14" font-weight="bold">%s</text>
        """
            .formatted(
                LABEL_WIDTH + BAR_WIDTH + 70,
                24 + results.size() * BAR_HEIGHT,
                HtmlReport.escape(title)));
    int y = 24;
    for (Result result : results) {
      svg.append(bar(result, Stats.spread(result.each(figure)), most, y));
      y += BAR_HEIGHT;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String bar(Result result, Stats.Spread spread, double most, int y) {
    double scale = BAR_WIDTH / most;
    String colour = Peers.isOurs(result.variant()) ? "#2b6cb0" : "#a0aec0";
    return String.format(
        Locale.ROOT,
        "<text x=\"0\" y=\"%d\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\""
            + " fill=\"%s\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#222\"/>"
            + "<text x=\"%.1f\" y=\"%d\">%,.1f</text>%n",
        y + 10,
        HtmlReport.escape(result.variant()),
        LABEL_WIDTH,
        y,
        spread.median() * scale,
        colour,
        LABEL_WIDTH + spread.min() * scale,
        LABEL_WIDTH + spread.max() * scale,
        y + 6,
        y + 6,
        LABEL_WIDTH + spread.max() * scale + 4,
        y + 10,
        spread.median());
  }
}
