package io.fairlead.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table that says what telemetry costs. */
class TelemetryReportTest {
  private static final Against AGAINST = Against.of("05d6ae1", "today", "");

  private static Result result(String variant, long bytes, long... rates) {
    return new Result(
        TelemetryReport.LOAD,
        variant,
        Arrays.stream(rates).mapToObj(rate -> sample(rate, bytes)).toList());
  }

  /** A second in which each call allocated so much. */
  private static Sample sample(long rate, long bytes) {
    return new Sample(
        rate, 0, 1_000_000_000, new Usage(1, rate * bytes, 0), Usage.NONE, List.of(1L, 1L, 1L, 1L));
  }

  private static List<Result> all(long counting, long metricsBytes) {
    return List.of(
        result("fairlead-async@05d6ae1", 1_000, 10_000, 10_000, 10_000),
        result("fairlead-async", 1_040, 9_950, 9_990, 9_900),
        result("fairlead-counting", 1_100, counting, counting, counting),
        result("fairlead-metrics", metricsBytes, 9_700, 9_800, 9_600),
        result("fairlead-metrics-log", 1_110, 9_650, 9_650, 9_650),
        result("fairlead-metrics-traces", 1_120, 9_400, 9_400, 9_400),
        result("fairlead-telemetry-all", 3_000, 8_000, 8_000, 8_000),
        result("grpc-tuned", 2_000, 9_000, 9_000, 9_000),
        result("grpc-opentelemetry", 6_000, 6_000, 6_000, 6_000),
        result("armeria", 3_000, 8_500, 8_500, 8_500));
  }

  private static String row(String table, String name) {
    return table
        .lines()
        .filter(line -> line.startsWith("| " + name + " |"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void eachRowIsHeldAgainstTheStateWithoutTelemetryRoundByRound() {
    String table = TelemetryReport.of(List.of(all(9_910, 1_125)), AGAINST);
    assertThat(table).startsWith("Off is `fairlead-async@05d6ae1`, under `async-32`.");
    assertThat(row(table, "nothing registered"))
        .isEqualTo(
            "| nothing registered | 0.995 (0.99–1.00) | ≥ 0.99 holds | 40 | reported | 9,950 |");
    assertThat(row(table, "observers registered, counting only"))
        .contains("| 0.991 (0.99–0.99) | ≥ 0.99 holds | 100 | ≤ 160 holds |");
    // Its bytes are held against the row above, its calls against off.
    assertThat(row(table, "all metrics, both sides"))
        .contains("| 0.970 (0.96–0.98) | ≥ 0.97 holds | 125 | ≤ 132 holds |");
    assertThat(row(table, "metrics + access log (failures, slow, 1 %)"))
        .contains("| ≥ 0.96 holds | 110 | reported |");
    assertThat(row(table, "metrics + tracing at 1 %")).contains("| ≥ 0.95 **missed** |");
    assertThat(row(table, "everything at 100 %")).contains("| 0.800 (0.80–0.80) | reported |");
  }

  @Test
  void aRowThatCostsTooMuchIsMissed() {
    String table = TelemetryReport.of(List.of(all(9_890, 1_133)), AGAINST);
    assertThat(row(table, "observers registered, counting only")).contains("≥ 0.99 **missed**");
    assertThat(row(table, "all metrics, both sides")).contains("| 133 | ≤ 132 **missed** |");
  }

  @Test
  void everythingIsHeldAgainstEverythingOfThePeersThatWereMeasured() {
    String table = TelemetryReport.of(List.of(all(9_910, 1_125)), AGAINST);
    assertThat(row(table, "grpc-opentelemetry"))
        .isEqualTo("| grpc-opentelemetry | 6,000 | 0.667 (0.67–0.67) | 6,000 | 4,000 |");
    assertThat(table)
        .contains("has 1.333 (1.33–1.33) of the calls/s of grpc-opentelemetry: > 1 holds.");
    // It did not start: that is no success.
    assertThat(row(table, "armeria-telemetry")).contains("not measured");
    assertThat(table).contains("not measured of the calls/s of armeria-telemetry: > 1 **missed**.");
  }

  @Test
  void roundsOfOneStartAreHeldAgainstRoundsOfTheSameStart() {
    List<Result> slow =
        List.of(
            result("fairlead-async", 1_000, 100, 100), result("fairlead-counting", 1_000, 99, 99));
    List<Result> fast =
        List.of(
            result("fairlead-async", 1_000, 1_000, 1_000),
            result("fairlead-counting", 1_000, 990, 990));
    String table = TelemetryReport.of(List.of(slow, fast), null);
    assertThat(table).startsWith("Off is `fairlead-async`,").doesNotContain("nothing registered");
    assertThat(row(table, "observers registered, counting only")).contains("0.990 (0.99–0.99)");
  }

  @Test
  void theRunHasItsOwnVariantsOfWhichOneIsOfTheOtherState() {
    Plan plan = Plan.parse(new String[] {"--telemetry", "--against=05d6ae1", "--today=today"});
    assertThat(plan.sections())
        .singleElement()
        .satisfies(
            section ->
                assertThat(section.variants())
                    .startsWith("fairlead-async@05d6ae1", "fairlead-async", "fairlead-counting")
                    .contains("grpc-opentelemetry", "armeria-telemetry")
                    .filteredOn(name -> name.contains("@"))
                    .hasSize(1));
    assertThat(plan.starts()).isEqualTo(2);
    assertThatThrownBy(() -> Plan.parse(new String[] {"--telemetry", "--loads=async-1"}))
        .hasMessage("--telemetry has its own variants and load; leave --loads out");
  }
}
