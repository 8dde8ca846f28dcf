package io.fairlead.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Bars of SVG: medians, and a line from the lowest to the highest round. Also a program, for the
 * benches that are scripts.
 */
final class BarChart {
  private static final int BAR_HEIGHT = 18;
  private static final int LABEL_WIDTH = 170;
  private static final int BAR_WIDTH = 330;

  private BarChart() {}

  /**
   * One bar.
   *
   * @param ours whether it is Fairlead's, which has another colour
   */
  record Bar(String name, boolean ours, Stats.Spread spread) {
    /** Reads a name, {@code true} or {@code false}, and the figures of the rounds, after tabs. */
    static Bar parse(String line) {
      String[] fields = line.split("\t", -1);
      double[] rounds =
          Arrays.stream(fields[2].split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
      return new Bar(fields[0], Boolean.parseBoolean(fields[1]), Stats.spread(rounds));
    }
  }

  /** Draws the bars on its standard input; the argument is the title. */
  public static void main(String[] args) throws IOException {
    List<Bar> bars = new ArrayList<>();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      bars.add(Bar.parse(line));
    }
    System.out.print(svg(args[0], bars));
  }

  /** Empty if no figure is above zero. */
  static String svg(String title, List<Bar> bars) {
    double most = bars.stream().mapToDouble(bar -> bar.spread().max()).max().orElse(0);
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
                24 + bars.size() * BAR_HEIGHT,
                HtmlReport.escape(title)));
    int y = 24;
    for (Bar bar : bars) {
      svg.append(svg(bar, BAR_WIDTH / most, y));
      y += BAR_HEIGHT;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String svg(Bar bar, double scale, int y) {
    Stats.Spread spread = bar.spread();
    return String.format(
        Locale.ROOT,
        "<text x=\"0\" y=\"%d\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\""
            + " fill=\"%s\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#222\"/>"
            + "<text x=\"%.1f\" y=\"%d\">%,.1f</text>%n",
        y + 10,
        HtmlReport.escape(bar.name()),
        LABEL_WIDTH,
        y,
        spread.median() * scale,
        bar.ours() ? "#2b6cb0" : "#a0aec0",
        LABEL_WIDTH + spread.min() * scale,
        LABEL_WIDTH + spread.max() * scale,
        y + 6,
        y + 6,
        LABEL_WIDTH + spread.max() * scale + 4,
        y + 10,
        spread.median());
  }
}
