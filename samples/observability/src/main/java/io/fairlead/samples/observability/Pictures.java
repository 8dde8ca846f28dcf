package io.fairlead.samples.observability;

import io.fairlead.policy.Code;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws what a dashboard and a tracing system would show of the fault. */
final class Pictures {
  private static final int WIDTH = 720;
  private static final int ROW = 34;
  private static final int LEFT = 120;
  private static final String GOOD = "#4c9a52";
  private static final String BAD = "#c4423a";

  private final Fleet fleet;
  private final StringBuilder svg = new StringBuilder();

  Pictures(Fleet fleet) {
    this.fleet = fleet;
  }

  void draw(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("calls-by-instance.svg"), calls());
    Files.writeString(folder.resolve("trace.svg"), trace());
  }

  private String calls() {
    begin("Calls by instance and status", fleet.instances().size());
    int row = 0;
    for (Instance each : fleet.instances()) {
      Map<Code, Long> calls = each.calls();
      long all = calls.values().stream().mapToLong(Long::longValue).sum();
      text(8, row, each.name());
      double x = LEFT;
      for (Map.Entry<Code, Long> one : calls.entrySet()) {
        double width = (WIDTH - LEFT - 20.0) * one.getValue() / all;
        bar(x, row, width, one.getKey() == Code.OK ? GOOD : BAD);
        label(x + 6, row, one.getKey() + " " + one.getValue());
        x += width;
      }
      row++;
    }
    return end();
  }

  private String trace() {
    List<SpanData> spans = failed();
    begin("The trace of a call that failed", spans.size());
    long start = spans.get(0).getStartEpochNanos();
    double scale = (WIDTH - LEFT - 20.0) / Math.max(1, spans.get(0).getEndEpochNanos() - start);
    int row = 0;
    for (SpanData span : spans) {
      double x = LEFT + Math.max(0, span.getStartEpochNanos() - start) * scale;
      double width =
          Math.min(WIDTH - 20 - x, (span.getEndEpochNanos() - span.getStartEpochNanos()) * scale);
      String name = List.of("call", "attempt", "handler").get(fleet.spans().depth(span));
      double millis = (span.getEndEpochNanos() - span.getStartEpochNanos()) / 1e6;
      text(8, row, String.format(Locale.ROOT, "%s %.2f ms", name, millis));
      bar(x, row, Math.max(2, width), BAD);
      row++;
    }
    return end();
  }

  private List<SpanData> failed() {
    return fleet.instances().stream()
        .flatMap(
            each -> each.exampleOf(Code.UNKNOWN).or(() -> each.exampleOf(Code.INTERNAL)).stream())
        .map(fleet.spans()::ofTrace)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("No call has failed"));
  }

  private void begin(String title, int rows) {
    svg.setLength(0);
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"13\">",
        WIDTH, 40 + rows * ROW);
    add("<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>");
    add("<text x=\"8\" y=\"22\" font-weight=\"bold\">%s</text>", title);
  }

  private String end() {
    return svg.append("</svg>\n").toString();
  }

  private static int y(int row) {
    return 36 + row * ROW;
  }

  private void text(double x, int row, String text) {
    add("<text x=\"%.0f\" y=\"%d\">%s</text>", x, y(row) + 17, text);
  }

  private void label(double x, int row, String text) {
    add("<text x=\"%.0f\" y=\"%d\" fill=\"#ffffff\">%s</text>", x, y(row) + 17, text);
  }

  private void bar(double x, int row, double width, String color) {
    add(
        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"24\" fill=\"%s\"/>",
        x, y(row), width, color);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
