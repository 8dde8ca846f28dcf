package io.fairlead.bench.scaling;

import java.util.Locale;

/** The page of docs/ that says what the simulation found. */
final class Page {
  private Page() {}

  /** The name of a scenario's plot, from the page. */
  static String plot(Scenario scenario) {
    return "scaling/" + scenario.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".svg";
  }

  static String of(Simulation simulation) {
    StringBuilder page = new StringBuilder(INTRODUCTION);
    page.append(
        "\n## Cost\n\nInstance-seconds over those of the oracle: median of the seeds, and worst one.\n\n");
    table(
        page,
        (scenario, contestant) ->
            String.format(
                Locale.ROOT,
                "%.2f / %.2f",
                simulation.medianCost(scenario, contestant),
                simulation.worstCost(scenario, contestant)));
    page.append(
        "\n## Calls over their deadline\n\nMedian and worst seed; behind the plus those that nobody without foresight could save, as a median.\n\n");
    table(
        page,
        (scenario, contestant) ->
            String.format(
                Locale.ROOT,
                "%s / %s + %s",
                percent(simulation.median(scenario, contestant, Outcome::missed)),
                percent(simulation.worst(scenario, contestant, Outcome::missed)),
                percent(simulation.median(scenario, contestant, Outcome::excused))));
    page.append(
        "\n## Reversals\n\nHow often a growth followed a shrinking or the other way round: median and worst seed.\n\n");
    table(
        page,
        (scenario, contestant) ->
            String.format(
                Locale.ROOT,
                "%.0f / %.0f",
                simulation.median(scenario, contestant, Outcome::reversals),
                simulation.worst(scenario, contestant, Outcome::reversals)));
    page.append("\n## Over time\n");
    for (Scenario scenario : Plot.PLOTTED) {
      page.append("\n![%s](%s)\n".formatted(scenario, plot(scenario)));
    }
    return page.toString();
  }

  private interface Cell {
    String of(Scenario scenario, Contestant contestant);
  }

  private static void table(StringBuilder page, Cell cell) {
    page.append("| |");
    for (Contestant contestant : Contestant.values()) {
      page.append(' ').append(contestant).append(" |");
    }
    page.append("\n|---|").append("---|".repeat(Contestant.values().length)).append('\n');
    for (Scenario scenario : Scenario.values()) {
      page.append("| ").append(scenario).append(" |");
      for (Contestant contestant : Contestant.values()) {
        page.append(' ').append(cell.of(scenario, contestant)).append(" |");
      }
      page.append('\n');
    }
  }

  private static String percent(double share) {
    return share == 0 ? "0" : String.format(Locale.ROOT, "%.2f %%", share * 100);
  }

  private static final String INTRODUCTION =
      """
      # The scaling rules in a simulation

      The rule of [scaling.md](scaling.md), the real one, before simulated services in virtual time, beside the rules of
      others. The module `bench/scaling` runs it with the tests, which hold the bounds below; this page and its plots are
      written by `mvn verify -pl bench/scaling -am -Dbench.update=true`.

      - **The service.** An instance is to carry 10 calls a second and can carry 12.5. Calls arrive at random (Poisson), are
        served first come first served, and are given up after 2 s. An instance takes 30 s to start unless the row says
        otherwise, and 5 s to leave; both cost. A run is an hour, the day is a day; there are 20 seeds.
      - **Contestants.** *⌈L/C⌉* is the formula alone, every 2 s, with 0 for an unknown load. *HPA*, *Knative* and *target
        tracking* have their published defaults and the same target; HPA and target tracking see calls a second, Knative
        sees calls at once. *oracle* knows the load to come and starts each instance just in time.
      - **Counted apart.** Calls that come within the start time and two ticks of a jump: no rule without foresight can have an
        instance for them.

      ## Bounds that the tests hold

      - Fairlead's rule costs at most 1.25 times what the oracle does, with at most 1 % of the calls over their deadline, for
        the worst seed of every row; the lost zone is left out.
      - It never reverses under the square wave, whose period is the window for shrinking.
      - In no row another rule is better on both cost and deadlines.

      What the rows show: HPA's tolerance lets it spend a little less than Fairlead in most rows, and it pays with calls over
      their deadline where load jumps. No rule but Fairlead's and Knative's notices that calls became dearer, and Knative takes a slow
      dependency for load.
      """;
}
