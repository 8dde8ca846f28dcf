package io.fairlead.bench;

import java.util.List;
import java.util.stream.Collectors;

/** A page with one bar chart for each load and figure; needs nothing from the network. */
final class HtmlReport {
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
    return "<h2>%s</h2>%s"
        .formatted(
            escape(load),
            Chart.ALL.stream().map(chart -> chart.svg(results)).collect(Collectors.joining()));
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
