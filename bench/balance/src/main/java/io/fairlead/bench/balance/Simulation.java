package io.fairlead.bench.balance;

import java.util.ArrayList;
import java.util.List;

/** Every balancer in every scenario at every size and load. */
final class Simulation {
  static final List<Integer> SIZES = List.of(10, 100, 1000);
  static final List<Double> LOADS = List.of(0.7, 0.95);

  private Simulation() {}

  /** The outcomes, in the order of the trials; the same in every run. */
  static List<Outcome> run(List<Trial> trials) {
    return trials.parallelStream().map(Cluster::run).toList();
  }

  static List<Trial> all() {
    List<Trial> trials = new ArrayList<>();
    for (Subject subject : Subject.ALL) {
      for (Scenario scenario : Scenario.values()) {
        for (int size : SIZES) {
          for (double load : LOADS) {
            if (scenario.suits(subject)) {
              trials.add(new Trial(subject, scenario, size, load));
            }
          }
        }
      }
    }
    return trials;
  }

  /** How many keys move, for those that hash. */
  static List<Disruption> disruptions() {
    List<Disruption> disruptions = new ArrayList<>();
    for (Subject subject : List.of(Subject.CONSISTENT_HASH, Subject.MAGLEV)) {
      SIZES.forEach(size -> disruptions.add(Disruption.measure(subject, size)));
    }
    return disruptions;
  }

  /** Prints what happened in the trials whose name contains the argument, or in all. */
  public static void main(String[] args) {
    String wanted = args.length == 0 ? "" : args[0];
    List<Trial> trials = all().stream().filter(t -> t.toString().contains(wanted)).toList();
    run(trials).forEach(System.out::println);
    disruptions().forEach(System.out::println);
  }
}
