package io.fairlead.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * What telemetry costs, row by row, as a table of Markdown. Each figure is the median over the
 * rounds, each round held against the same round of what it is compared with.
 */
final class TelemetryReport {
  static final String LOAD = "async-32";

  private static final String OFF = "fairlead-async";
  private static final String COUNTING = "fairlead-counting";
  private static final String ALL = "fairlead-telemetry-all";
  private static final double NONE = Double.NaN;

  private final List<List<Result>> starts;
  private final StringBuilder text = new StringBuilder();

  private TelemetryReport(List<List<Result>> starts) {
    this.starts = starts;
  }

  /**
   * Writes the tables.
   *
   * @param starts the results of each start of the processes
   * @param against the state before there was any telemetry, which is "off"; without one, "off" is
   *     today's state with nothing registered
   */
  static String of(List<List<Result>> starts, @Nullable Against against) {
    TelemetryReport report = new TelemetryReport(starts);
    report.costs(against == null ? OFF : against.theirs(OFF));
    report.peers();
    return report.text.toString();
  }

  private void costs(String off) {
    line("Off is `%s`, under `%s`.", off, LOAD);
    line("");
    line("| on | calls/s against off | wanted | bytes a call more than off | wanted | calls/s |");
    line("|---|---|---|---|---|---|");
    if (!off.equals(OFF)) {
      row("nothing registered", OFF, off, 0.99, bytes(OFF, off), NONE);
    }
    double counting = bytes(COUNTING, off);
    row("observers registered, counting only", COUNTING, off, 0.99, counting, 160);
    reported("events for JDK Flight Recorder, no recording", "fairlead-events", off, NONE);
    double metrics = bytes("fairlead-metrics", off);
    row("all metrics, both sides", "fairlead-metrics", off, 0.97, metrics, counting + 32);
    reported("metrics + access log (failures, slow, 1 %)", "fairlead-metrics-log", off, 0.96);
    reported("metrics + tracing at 1 %", "fairlead-metrics-traces", off, 0.95);
    reported("everything at 100 %", ALL, off, NONE);
  }

  private void reported(String name, String variant, String off, double rate) {
    row(name, variant, off, rate, bytes(variant, off), NONE);
  }

  private void row(
      String name, String variant, String off, double rate, double bytes, double mostBytes) {
    Stats.Spread ratio = spread(variant, off, Sample::rate, (mine, other) -> mine / other);
    line(
        "| %s | %s | %s | %s | %s | %s |",
        name,
        text(ratio),
        Double.isNaN(rate) ? "reported" : wanted("≥ %.2f", rate, ratio.median() >= rate),
        Double.isNaN(bytes) ? "–" : String.format(Locale.ROOT, "%.0f", bytes),
        Double.isNaN(mostBytes) ? "reported" : wanted("≤ %.0f", mostBytes, bytes <= mostBytes),
        number(median(variant, Sample::rate)));
  }

  /** Everything on at each of them, by the same with nothing on, and by each other. */
  private void peers() {
    line("");
    line(
        "| everything at 100 %% | calls/s | by the same without | bytes a call | more than without |");
    line("|---|---|---|---|---|");
    peer(ALL, OFF);
    peer("grpc-opentelemetry", "grpc-tuned");
    peer("armeria-telemetry", "armeria");
    line("");
    for (String peer : List.of("grpc-opentelemetry", "armeria-telemetry")) {
      Stats.Spread ratio = spread(ALL, peer, Sample::rate, (mine, other) -> mine / other);
      line(
          "%s has %s of the calls/s of %s: %s.  ",
          ALL, text(ratio), peer, wanted("> %.0f", 1, ratio.median() > 1));
    }
  }

  private void peer(String variant, String off) {
    line(
        "| %s | %s | %s | %s | %s |",
        variant,
        number(median(variant, Sample::rate)),
        text(spread(variant, off, Sample::rate, (mine, other) -> mine / other)),
        number(median(variant, Sample::allocatedBytes)),
        number(bytes(variant, off)));
  }

  private double bytes(String variant, String off) {
    return spread(variant, off, Sample::allocatedBytes, (mine, other) -> mine - other).median();
  }

  private double median(String variant, ToDoubleFunction<Sample> figure) {
    return Stats.median(
        starts.stream()
            .map(start -> find(start, variant))
            .flatMap(Optional::stream)
            .flatMapToDouble(result -> DoubleStream.of(result.each(figure)))
            .toArray());
  }

  private Stats.Spread spread(
      String variant, String off, ToDoubleFunction<Sample> figure, DoubleBinaryOperator compare) {
    List<Double> all = new ArrayList<>();
    for (List<Result> start : starts) {
      Optional<Result> mine = find(start, variant);
      Optional<Result> other = find(start, off);
      if (mine.isPresent() && other.isPresent()) {
        double[] ours = mine.get().each(figure);
        double[] theirs = other.get().each(figure);
        for (int i = 0; i < Math.min(ours.length, theirs.length); i++) {
          all.add(compare.applyAsDouble(ours[i], theirs[i]));
        }
      }
    }
    return Stats.spread(all.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static Optional<Result> find(List<Result> results, String variant) {
    return results.stream().filter(result -> result.variant().equals(variant)).findFirst();
  }

  /** Says what is wanted, and whether it is so. */
  static String wanted(String form, double bound, boolean holds) {
    return String.format(Locale.ROOT, form, bound) + (holds ? " holds" : " **missed**");
  }

  private static String text(Stats.Spread spread) {
    return Double.isNaN(spread.median())
        ? "not measured"
        : String.format(
            Locale.ROOT, "%.3f (%.2f–%.2f)", spread.median(), spread.min(), spread.max());
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "not measured" : String.format(Locale.ROOT, "%,.0f", value);
  }

  private void line(String form, Object... values) {
    text.append(String.format(Locale.ROOT, form, values)).append('\n');
  }
}
