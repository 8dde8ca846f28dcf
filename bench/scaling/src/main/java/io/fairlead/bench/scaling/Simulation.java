package io.fairlead.bench.scaling;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Every contestant in every scenario, with every seed. */
final class Simulation {
  static final int SEEDS = 20;

  private final Map<Scenario, Map<Contestant, Outcome[]>> outcomes = new EnumMap<>(Scenario.class);

  private record Trial(Scenario scenario, Contestant contestant, int seed) {}

  private Simulation() {
    for (Scenario scenario : Scenario.values()) {
      Map<Contestant, Outcome[]> all = new EnumMap<>(Contestant.class);
      for (Contestant contestant : Contestant.values()) {
        all.put(contestant, new Outcome[SEEDS]);
      }
      outcomes.put(scenario, all);
    }
  }

  static Simulation run() {
    Simulation simulation = new Simulation();
    List<Trial> trials = new ArrayList<>();
    for (Scenario scenario : Scenario.values()) {
      for (Contestant contestant : Contestant.values()) {
        for (int seed = 0; seed < SEEDS; seed++) {
          trials.add(new Trial(scenario, contestant, seed));
        }
      }
    }
    // The day is longest: first, so that no core waits for another at the end.
    trials.sort(Comparator.comparing(trial -> trial.scenario() != Scenario.DAY));
    trials.parallelStream()
        .forEach(
            trial ->
                simulation.of(trial.scenario(), trial.contestant())[trial.seed()] =
                    Run.of(trial.scenario(), trial.contestant(), trial.seed()));
    return simulation;
  }

  Outcome outcome(Scenario scenario, Contestant contestant, int seed) {
    return of(scenario, contestant)[seed];
  }

  private Outcome[] of(Scenario scenario, Contestant contestant) {
    return requireNonNull(requireNonNull(outcomes.get(scenario)).get(contestant));
  }

  double median(Scenario scenario, Contestant contestant, ToDoubleFunction<Outcome> of) {
    double[] values =
        IntStream.range(0, SEEDS)
            .mapToDouble(seed -> of.applyAsDouble(outcome(scenario, contestant, seed)))
            .sorted()
            .toArray();
    return (values[SEEDS / 2 - 1] + values[SEEDS / 2]) / 2;
  }

  double worst(Scenario scenario, Contestant contestant, ToDoubleFunction<Outcome> of) {
    return IntStream.range(0, SEEDS)
        .mapToDouble(seed -> of.applyAsDouble(outcome(scenario, contestant, seed)))
        .max()
        .orElseThrow();
  }

  /** Instance-seconds over those of the oracle in the same run. */
  double medianCost(Scenario scenario, Contestant contestant) {
    double[] values =
        IntStream.range(0, SEEDS)
            .mapToDouble(seed -> cost(scenario, contestant, seed))
            .sorted()
            .toArray();
    return (values[SEEDS / 2 - 1] + values[SEEDS / 2]) / 2;
  }

  double worstCost(Scenario scenario, Contestant contestant) {
    return IntStream.range(0, SEEDS)
        .mapToDouble(seed -> cost(scenario, contestant, seed))
        .max()
        .orElseThrow();
  }

  private double cost(Scenario scenario, Contestant contestant, int seed) {
    return outcome(scenario, contestant, seed).cost()
        / outcome(scenario, Contestant.ORACLE, seed).cost();
  }
}
