package io.fairlead.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One figure of every variant under a load, as bars.
 *
 * @param file the end of the file's name
 */
record Chart(String file, String title, ToDoubleFunction<Sample> figure) {
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
    return BarChart.svg(
        title,
        results.stream()
            .map(
                result ->
                    new BarChart.Bar(
                        result.variant(),
                        Peers.isOurs(result.variant()),
                        Stats.spread(result.each(figure))))
            .toList());
  }
}
