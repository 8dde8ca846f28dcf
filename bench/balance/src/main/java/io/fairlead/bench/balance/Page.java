package io.fairlead.bench.balance;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The page of docs/ that says what the simulation found. */
final class Page {
  /** The size that the plots show. */
  static final int PLOTTED = 100;

  private Page() {}

  /** The name of a scenario's plot, from the page. */
  static String plot(Scenario scenario) {
    return "balancing/" + scenario.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".svg";
  }

  static String of(List<Outcome> outcomes, List<Disruption> disruptions) {
    StringBuilder page = new StringBuilder(INTRODUCTION);
    for (Scenario scenario : Scenario.values()) {
      page.append("\n![%s](%s)\n".formatted(scenario, plot(scenario)));
    }
    page.append(BOUNDS);
    bounds(page, outcomes);
    page.append("\n## Keys that move when one of N leaves\n\n");
    page.append("| | N = 10 | N = 100 | N = 1000 |\n|---|---|---|---|\n");
    page.append("| bound, 1/N + 2 % |");
    Simulation.SIZES.forEach(n -> page.append(" %s |".formatted(percent(1.0 / n + 0.02))));
    page.append('\n');
    for (Subject subject : disruptions.stream().map(Disruption::subject).distinct().toList()) {
      page.append("| ").append(subject).append(" |");
      disruptions.stream()
          .filter(d -> d.subject().equals(subject))
          .forEach(d -> page.append(" %s |".formatted(percent(d.moved()))));
      page.append('\n');
    }
    page.append(TABLES);
    for (int size : Simulation.SIZES) {
      for (double load : Simulation.LOADS) {
        table(page, outcomes, size, load);
      }
    }
    return page.toString();
  }

  private static void bounds(StringBuilder page, List<Outcome> outcomes) {
    page.append("| endpoints | load | least_request | peak_ewma |\n|---|---|---|---|\n");
    for (int size : Simulation.SIZES) {
      for (double load : Simulation.LOADS) {
        double reference = find(outcomes, Subject.ROUND_ROBIN, size, load).p99();
        page.append(
            String.format(
                Locale.ROOT,
                "| %d | %.0f %% | %.1f× | %.1f× |%n",
                size,
                load * 100,
                reference / find(outcomes, Subject.LEAST_REQUEST, size, load).p99(),
                reference / find(outcomes, Subject.PEAK_EWMA, size, load).p99()));
      }
    }
  }

  private static Outcome find(List<Outcome> outcomes, Subject subject, int size, double load) {
    return outcomes.stream()
        .filter(o -> o.is(subject, Scenario.HALF_SLOW, size, load))
        .findFirst()
        .orElseThrow();
  }

  private static void table(StringBuilder page, List<Outcome> outcomes, int size, double load) {
    page.append("\n### %d endpoints, %.0f %% of the capacity\n\n|".formatted(size, load * 100));
    for (Scenario scenario : Scenario.values()) {
      page.append(" | ").append(scenario);
    }
    page.append(" |\n|---");
    page.append("|---".repeat(Scenario.values().length)).append("|\n");
    for (Subject subject : Subject.ALL) {
      page.append("| ").append(subject);
      for (Scenario scenario : Scenario.values()) {
        page.append(" | ")
            .append(
                outcomes.stream()
                    .filter(o -> o.is(subject, scenario, size, load))
                    .map(Page::cell)
                    .collect(Collectors.joining()));
      }
      page.append(" |\n");
    }
  }

  private static String cell(Outcome outcome) {
    boolean one = outcome.trial().subject().has(Subject.Trait.ONE_ENDPOINT);
    String cold =
        outcome.hasColdFigures()
            ? String.format(Locale.ROOT, "; cold %.2f×", outcome.coldRatio())
            : "";
    return String.format(
        Locale.ROOT,
        "%.0f / %.0f / %.0f; %s%s%s",
        outcome.p50(),
        outcome.p99(),
        outcome.p999(),
        percent(outcome.failedShare()),
        one ? "" : String.format(Locale.ROOT, "; %.2f", outcome.imbalance()),
        cold);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", share * 100);
  }

  private static final String INTRODUCTION =
      """
      # The balancers in a simulation

      The module `bench/balance` runs each balancer of the runtime against simulated clusters, in virtual time. Its tests check
      the bounds below. `mvn verify -pl bench/balance -am -Dbench.update=true` writes this page and its plots.

      - **The cluster.** An endpoint works on two calls at once. A call takes 50 ms on average, exponentially distributed, so
        an endpoint takes 40 calls per second. Calls arrive at random (Poisson) from one client, at 70 % or 95 % of the summed
        capacity. They have a deadline of 3 s; where half the endpoints are slow, 30 s, so that late calls show. No retries.
      - **Troubles.** *half 3× slower*: every second endpoint. *one stalled*: it takes calls and never answers, like a stopped
        process. *one failing fast*: it answers UNAVAILABLE after 0.2 ms; once with ejection as by default, once without any.
        *rolling restart*: one tenth of the endpoints after another drains, leaves and returns. *cold start*: an endpoint
        joins with one worker at half its speed and gets better over 1.5 s; once as it is, once with a slow start of 5 s.
      - **What each balancer knows.** `weighted_random` gets the speeds from the registry, `weighted_round_robin` from the
        servers' own load reports. The others find them out. `pick_first` and `sticky` use one endpoint at a time, so they get
        the load of one.
      - **No spare capacity.** At 95 %, the others have no room for the calls of a lost tenth. No balancer does well in those cells.
      """;

  private static final String BOUNDS =
      """

      ## Bounds that the tests hold

      - Under no balancer does a fast-failing endpoint get more than its fair share. With ejection it gets almost no calls, if the
        others have capacity.
      - With slow start, the p99 of a cold endpoint is at most 1.5 times that of a warm one.
      - No call fails in a rolling restart at 70 %.
      - Where half are slow, the p99 of round robin is at least three times that of least request and of peak EWMA:

      """;

  private static final String TABLES =
      """

      ## All figures

      Each cell: p50 / p99 / p99.9 in ms, failed calls included; share of calls that failed; imbalance, which is the
      calls per capacity of the busiest endpoint, divided by the mean; for cold starts, the p99 of the cold one divided by that
      of the warm ones.
      """;
}
