package io.fairlead.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The table that a run prints. */
final class TextReport {
  private static final String HEAD =
      "%-14s %-18s %10s %17s %9s %9s %9s %9s %9s %16s %16s%n"
          .formatted(
              "load", "variant", "ops/s", "spread", "p50 us", "p99 us", "cli us", "srv us",
              "alloc B", "x grpc", "x tuned");

  private TextReport() {}

  static String of(List<Result> results) {
    StringBuilder text = new StringBuilder(HEAD);
    for (Result result : results) {
      Stats.Spread rate = Stats.spread(result.each(Sample::rate));
      text.append(
          String.format(
              Locale.ROOT,
              "%-14s %-18s %10.0f %8.0f-%-8.0f %9.1f %9.1f %9.1f %9.1f %9.0f %16s %16s%n",
              result.load(),
              result.variant(),
              rate.median(),
              rate.min(),
              rate.max(),
              result.median(Sample::p50Micros),
              result.median(Sample::p99Micros),
              result.median(Sample::clientMicros),
              result.median(Sample::serverMicros),
              result.median(Sample::allocatedBytes),
              ratio(results, result, "grpc"),
              ratio(results, result, Peers.tuned(result.variant()))));
    }
    return text.toString();
  }

  private static String ratio(List<Result> all, Result result, String baseline) {
    String name = Peers.onSameJdk(baseline, result.variant());
    Optional<Result> other =
        all.stream()
            .filter(each -> each.load().equals(result.load()) && each.variant().equals(name))
            .findFirst();
    if (other.isEmpty() || name.equals(result.variant())) {
      return "";
    }
    Stats.Spread ratio = result.ratio(other.get(), Sample::rate);
    return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", ratio.median(), ratio.min(), ratio.max());
  }
}
