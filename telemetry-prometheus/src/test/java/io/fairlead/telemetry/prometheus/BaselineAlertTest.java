package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The alert that learns what is usual, over a simulated fortnight: a week to learn, and a week in
 * which it is asked for every five minutes. A real Prometheus computes it.
 */
class BaselineAlertTest {
  private static final Path RULES = Path.of("..", "docs", "alerts", "fairlead.yml");
  private static final Duration STEP = Duration.ofMinutes(5);
  private static final int STEPS_OF_DAY = 288;

  /** The rule's {@code for}: so many steps after the first one does it fire. */
  private static final int PATIENCE = 3;

  /** A Monday. */
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");

  private static final Instant SECOND_WEEK = START.plus(Duration.ofDays(7));

  private final SplittableRandom random = new SplittableRandom(17);

  /**
   * Calls a second: many in the day and few at night, fewer at the weekend, a little more each day,
   * with noise, and now and then twice as many for five minutes.
   */
  private double usual(int step) {
    Instant time = START.plus(STEP.multipliedBy(step));
    double ofDay = (step % STEPS_OF_DAY) / (double) STEPS_OF_DAY;
    double curve = 100 - 70 * Math.cos(2 * Math.PI * (ofDay - 0.1));
    DayOfWeek day = time.atZone(ZoneOffset.UTC).getDayOfWeek();
    boolean weekend = day == DayOfWeek.SATURDAY || day == DayOfWeek.SUNDAY;
    double growth = 1 + 0.005 * step / STEPS_OF_DAY;
    double noise = 1 + 0.08 * random.nextGaussian();
    double burst = random.nextInt(100) == 0 ? 2 : 1;
    return Math.max(0, curve * (weekend ? 0.6 : 1) * growth * noise * burst);
  }

  private static int stepOf(Instant time) {
    return (int) (Duration.between(START, time).toSeconds() / STEP.toSeconds());
  }

  /** Writes the fortnight into the data of a Prometheus that is not started yet. */
  private void simulate(Path folder, Map<Integer, Double> factors) throws Exception {
    StringBuilder text = new StringBuilder("# TYPE job:fairlead_calls:rate5m gauge\n");
    for (int step = 0; step < 14 * STEPS_OF_DAY; step++) {
      text.append("job:fairlead_calls:rate5m{job=\"shop\"} ")
          .append(usual(step) * factors.getOrDefault(step, 1.0))
          .append(' ')
          .append(START.plus(STEP.multipliedBy(step)).getEpochSecond())
          .append('\n');
    }
    Path file = Files.writeString(folder.resolve("weeks.txt"), text.append("# EOF\n"));
    Process promtool;
    try {
      promtool =
          new ProcessBuilder(
                  "promtool",
                  "tsdb",
                  "create-blocks-from",
                  "--max-block-duration=336h",
                  "openmetrics",
                  file.toString(),
                  folder.resolve("data").toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw ToolAssumption.skip("promtool", "apt-get install prometheus");
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }

  /** When the alert begins to fire in the second week. */
  private static List<Instant> alarms(RealPrometheus prometheus) throws Exception {
    Map<String, RealPrometheus.Rule> rules = prometheus.rules();
    String expression = queryOf("FairleadTrafficUnusual", rules);
    // Nothing has recorded the past of these rules, so they are put in as they are.
    for (String recorded : List.of("usual_low", "usual_high", "same_time")) {
      String name = "job:fairlead_calls:" + recorded;
      expression = expression.replace(name, "(" + queryOf(name, rules) + ")");
    }
    List<Instant> times =
        prometheus.times(
            expression, SECOND_WEEK, START.plus(Duration.ofDays(14)).minus(STEP), STEP);
    List<Instant> alarms = new ArrayList<>();
    int run = 0;
    Instant before = Instant.EPOCH;
    for (Instant each : times.stream().sorted().distinct().toList()) {
      run = each.equals(before.plus(STEP)) ? run + 1 : 0;
      before = each;
      if (run == PATIENCE) {
        alarms.add(each);
      }
    }
    return alarms;
  }

  private static String queryOf(String name, Map<String, RealPrometheus.Rule> rules) {
    return Objects.requireNonNull(rules.get(name), name).query();
  }

  @Test
  void anOrdinaryWeekGivesNoFalseAlarm(@TempDir Path folder) throws Exception {
    simulate(folder, Map.of());
    try (RealPrometheus prometheus = RealPrometheus.withRules(1, folder, RULES)) {
      assertThat(alarms(prometheus)).isEmpty();
    }
  }

  @Test
  void aFallAndARiseOfTheTrafficAreFoundInTimeAndDoNotTeach(@TempDir Path folder) throws Exception {
    Instant fall = Instant.parse("2026-03-11T11:00:00Z");
    Instant rise = Instant.parse("2026-03-12T15:00:00Z");
    Map<Integer, Double> factors = new HashMap<>();
    for (int i = 0; i < 12; i++) {
      factors.put(stepOf(fall) + i, 0.2);
      factors.put(stepOf(rise) + i, 2.0);
      // The same hour of the next day falls too: one bad day has not become usual.
      factors.put(stepOf(fall) + STEPS_OF_DAY + i, 0.2);
    }
    simulate(folder, factors);
    try (RealPrometheus prometheus = RealPrometheus.withRules(1, folder, RULES)) {
      Duration delay = STEP.multipliedBy(PATIENCE);
      assertThat(alarms(prometheus))
          .containsExactly(
              fall.plus(delay), fall.plus(Duration.ofDays(1)).plus(delay), rise.plus(delay));
    }
  }
}
