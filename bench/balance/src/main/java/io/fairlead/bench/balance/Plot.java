package io.fairlead.bench.balance;

import java.util.List;
import java.util.Locale;

/** A picture of one scenario: two bars for each balancer, p99 at both loads, on a log scale. */
final class Plot {
  private static final int LABELS = 180;
  private static final int WIDTH = 440;
  private static final int ROW = 30;
  private static final int TOP = 56;
  private static final double LEAST = 100;
  private static final double MOST = 30_000;

  private Plot() {}

  static String of(Scenario scenario, int size, List<Outcome> outcomes) {
    List<Subject> subjects = outcomes.stream().map(o -> o.trial().subject()).distinct().toList();
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" font-family="sans-serif" font-size="12">
        <rect width="%1$d" height="%2$d" fill="#ffffff"/>
        <text x="10" y="20" font-size="14" font-weight="bold">%3$s, %4$d endpoints: p99 in milliseconds</text>
        <rect x="10" y="30" width="10" height="10" fill="#2b6cb0"/><text x="24" y="40">70 %% of the capacity</text>
        <rect x="170" y="30" width="10" height="10" fill="#dd8a3c"/><text x="184" y="40">95 %%</text>
        """
            .formatted(LABELS + WIDTH + 80, TOP + subjects.size() * ROW + 24, scenario, size));
    for (int decade : new int[] {100, 300, 1_000, 3_000, 10_000, 30_000}) {
      double x = LABELS + length(decade);
      svg.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%1$.1f %2$d V%3$d\" stroke=\"#dddddd\"/><text x=\"%1$.1f\" y=\"%4$d\""
                  + " text-anchor=\"middle\" fill=\"#666666\">%5$d</text>%n",
              x,
              TOP,
              TOP + subjects.size() * ROW,
              TOP + subjects.size() * ROW + 16,
              decade));
    }
    int y = TOP;
    for (Subject subject : subjects) {
      svg.append(
          "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n"
              .formatted(LABELS - 8, y + 18, subject));
      for (Outcome outcome : outcomes) {
        if (outcome.trial().subject().equals(subject)) {
          boolean light = outcome.trial().load() < 0.8;
          bar(svg, y + (light ? 3 : 15), light ? "#2b6cb0" : "#dd8a3c", outcome.p99());
        }
      }
      y += ROW;
    }
    return svg.append("</svg>\n").toString();
  }

  private static void bar(StringBuilder svg, int y, String colour, double millis) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"11\" fill=\"%s\"/>"
                + "<text x=\"%.1f\" y=\"%d\" font-size=\"10\">%.0f</text>%n",
            LABELS,
            y,
            Math.max(1, length(millis)),
            colour,
            LABELS + Math.max(1, length(millis)) + 4,
            y + 9,
            millis));
  }

  private static double length(double millis) {
    return WIDTH * Math.max(0, Math.log(millis / LEAST) / Math.log(MOST / LEAST));
  }
}
