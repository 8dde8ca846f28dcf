package io.fairlead.bench.scaling;

import java.util.List;
import java.util.Locale;

/** One scenario over time: the instances that each contestant had, above those that were needed. */
final class Plot {
  /** Those whose course over time shows the differences. */
  static final List<Scenario> PLOTTED =
      List.of(
          Scenario.STEP,
          Scenario.RAMP,
          Scenario.SPIKE,
          Scenario.SQUARE,
          Scenario.BURSTY,
          Scenario.SLOW_DEPENDENCY,
          Scenario.MIXED);

  private static final List<String> COLOURS =
      List.of("#2b6cb0", "#b0b0b0", "#dd8a3c", "#b83280", "#38a169", "#000000");
  private static final int LEFT = 40;
  private static final int TOP = 56;
  private static final int WIDTH = 720;
  private static final int HEIGHT = 240;

  private Plot() {}

  static String of(Scenario scenario) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" font-family="sans-serif" font-size="12">
        <rect width="%1$d" height="%2$d" fill="#ffffff"/>
        <text x="10" y="20" font-size="14" font-weight="bold">%3$s: instances over an hour; needed ones in grey</text>
        """
            .formatted(LEFT + WIDTH + 20, TOP + HEIGHT + 30, scenario));
    double most = 10;
    for (Contestant contestant : Contestant.values()) {
      for (int count : Run.trace(scenario, contestant, 0)[0]) {
        most = Math.max(most, count);
      }
    }
    int[] needed = Run.trace(scenario, Contestant.OURS, 0)[1];
    svg.append("<path fill=\"#eeeeee\" d=\"M").append(point(0, 0, needed.length, most));
    for (int i = 0; i < needed.length; i++) {
      svg.append(" L").append(point(i, needed[i], needed.length, most));
    }
    svg.append(" L").append(point(needed.length - 1, 0, needed.length, most)).append(" Z\"/>\n");
    int x = LEFT;
    int number = 0;
    for (Contestant contestant : Contestant.values()) {
      String colour = COLOURS.get(number++);
      if (contestant == Contestant.NAIVE) {
        continue; // it never rests, and would cover the others
      }
      svg.append(
          "<rect x=\"%d\" y=\"32\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"42\">%s</text>\n"
              .formatted(x, colour, x + 14, contestant));
      x += 130;
      line(svg, Run.trace(scenario, contestant, 0)[0], colour, most);
    }
    for (int tenth = 0; tenth <= 4; tenth++) {
      double value = most * tenth / 4;
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#666666\">%.0f</text>%n",
              LEFT - 4,
              TOP + HEIGHT - HEIGHT * value / most + 4,
              value));
    }
    for (int minute = 0; minute <= 60; minute += 10) {
      svg.append(
          "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#666666\">%d min</text>\n"
              .formatted(LEFT + WIDTH * minute / 60, TOP + HEIGHT + 18, minute));
    }
    return svg.append("</svg>\n").toString();
  }

  /** Only where the number changes, so that the file is small. */
  private static void line(StringBuilder svg, int[] counts, String colour, double most) {
    svg.append("<path fill=\"none\" stroke-width=\"1.5\" stroke=\"%s\" d=\"M".formatted(colour));
    svg.append(point(0, counts[0], counts.length, most));
    for (int i = 1; i < counts.length; i++) {
      if (counts[i] != counts[i - 1] || i == counts.length - 1) {
        svg.append(" L").append(point(i, counts[i - 1], counts.length, most));
        svg.append(" L").append(point(i, counts[i], counts.length, most));
      }
    }
    svg.append("\"/>\n");
  }

  private static String point(int index, double count, int length, double most) {
    return String.format(
        Locale.ROOT,
        "%.1f %.1f",
        LEFT + (double) WIDTH * index / length,
        TOP + HEIGHT - HEIGHT * count / most);
  }
}
