package io.fairlead.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A page with one bar chart for each load and figure; needs nothing from the network. */
final class HtmlReport {
  private static final int BAR_HEIGHT = 18;
  private static final int LABEL_WIDTH = 150;
  private static final int BAR_WIDTH = 330;

  private HtmlReport() {}

  static String of(List<Result> results, String about) {
    String charts =
        results.stream()
            .map(Result::load)
            .distinct()
            .map(load -> load(load, results.stream().filter(r -> r.load().equals(load)).toList()))
            .collect(Collectors.joining("\n"));
    return """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Fairlead bench</title>
        <style>body{font:14px sans-serif;margin:2em;max-width:70em}svg{margin:0 1em 1em 0}
        text{font-size:11px}pre{background:#f4f4f4;padding:1em;overflow:auto}</style>
        <h1>Fairlead bench</h1><p>%s</p>
        <p>Bars are medians; the thin line goes from the lowest to the highest round.</p>
        %s<h2>Table</h2><pre>%s</pre></html>
        """
        .formatted(escape(about), charts, escape(TextReport.of(results)));
  }

  private static String load(String load, List<Result> results) {
    return "<h2>%s</h2>%s%s%s%s%s"
        .formatted(
            escape(load),
            chart("operations a second", results, Sample::rate),
            chart("p50 latency, microseconds", results, Sample::p50Micros),
            chart("p99 latency, microseconds", results, Sample::p99Micros),
            chart(
                "CPU of both ends an operation, microseconds",
                results,
                sample -> sample.clientMicros() + sample.serverMicros()),
            chart("allocated by both ends an operation, bytes", results, Sample::allocatedBytes));
  }

  private static String chart(String title, List<Result> results, ToDoubleFunction<Sample> figure) {
    double most =
        results.stream().mapToDouble(r -> Stats.spread(r.each(figure)).max()).max().orElse(1);
    if (most <= 0) {
      return "";
    }
    StringBuilder svg = new StringBuilder();
    int height = 24 + results.size() * BAR_HEIGHT;
    svg.append(
        "<svg width=\"%d\" height=\"%d\"><text x=\"0\" y=\"14\" font-weight=\"bold\">%s</text>"
            .formatted(LABEL_WIDTH + BAR_WIDTH + 70, height, escape(title)));
    int y = 24;
    for (Result result : results) {
      svg.append(bar(result, Stats.spread(result.each(figure)), most, y));
      y += BAR_HEIGHT;
    }
    return svg.append("</svg>").toString();
  }

  private static String bar(Result result, Stats.Spread spread, double most, int y) {
    double scale = BAR_WIDTH / most;
    String colour = result.variant().startsWith("fairlead") ? "#2b6cb0" : "#a0aec0";
    return String.format(
        Locale.ROOT,
        "<text x=\"0\" y=\"%d\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\""
            + " fill=\"%s\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#222\"/>"
            + "<text x=\"%.1f\" y=\"%d\">%,.1f</text>",
        y + 10,
        escape(result.variant()),
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

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
