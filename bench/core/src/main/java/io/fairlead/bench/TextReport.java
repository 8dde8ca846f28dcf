package io.fairlead.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The two tables that a run prints: figures, and ratios taken round by round. */
final class TextReport {
  private static final String HEAD =
      "%n%-18s %-26s %10s %17s %9s %9s %9s %9s %9s%n"
          .formatted(
              "load", "variant", "ops/s", "spread", "p50 us", "p99 us", "cli us", "srv us",
              "alloc B");
  private static final String RATIO_HEAD =
      "%n%-18s %-26s %-16s %17s %17s %17s %17s %17s%n"
          .formatted("load", "variant", "against", "ops/s", "p50", "p99", "CPU", "alloc");

  private TextReport() {}

  static String of(List<Result> results) {
    StringBuilder text = new StringBuilder(HEAD);
    results.forEach(result -> text.append(figures(result)));
    StringBuilder ratios = new StringBuilder();
    for (Result result : results) {
      Peers.of(result.variant()).forEach(peer -> ratios.append(ratios(results, result, peer)));
    }
    return ratios.isEmpty() ? text.toString() : text + RATIO_HEAD + ratios;
  }

  private static String figures(Result result) {
    Stats.Spread rate = Stats.spread(result.each(Sample::rate));
    return String.format(
        Locale.ROOT,
        "%-18s %-26s %10.0f %8.0f-%-8.0f %9.1f %9.1f %9.1f %9.1f %9.0f%n",
        result.load(),
        result.variant(),
        rate.median(),
        rate.min(),
        rate.max(),
        result.median(Sample::p50Micros),
        result.median(Sample::p99Micros),
        result.median(Sample::clientMicros),
        result.median(Sample::serverMicros),
        result.median(Sample::allocatedBytes));
  }

  private static String ratios(List<Result> all, Result result, String name) {
    Optional<Result> other =
        all.stream()
            .filter(each -> each.load().equals(result.load()) && each.variant().equals(name))
            .findFirst();
    if (other.isEmpty()) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "%-18s %-26s %-16s %17s %17s %17s %17s %17s%n",
        result.load(),
        result.variant(),
        name,
        ratio(result, other.get(), Sample::rate),
        ratio(result, other.get(), Sample::p50Micros),
        ratio(result, other.get(), Sample::p99Micros),
        ratio(result, other.get(), Sample::cpuMicros),
        ratio(result, other.get(), Sample::allocatedBytes));
  }

  /** Empty where the load does not take the figure. */
  private static String ratio(Result mine, Result other, ToDoubleFunction<Sample> figure) {
    Stats.Spread ratio = mine.ratio(other, figure);
    return Double.isFinite(ratio.median())
        ? String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", ratio.median(), ratio.min(), ratio.max())
        : "";
  }
}
