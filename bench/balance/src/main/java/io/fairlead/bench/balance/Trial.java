package io.fairlead.bench.balance;

import java.time.Duration;

/**
 * One run of the simulation.
 *
 * @param load the share of the cluster's summed capacity that arrives
 */
record Trial(Subject subject, Scenario scenario, int size, double load) {
  /** Long enough for the figures, and no longer: large clusters see many calls in a short time. */
  Duration measured() {
    if (scenario.isColdStart()) {
      return Scenario.COLD_START_SLOWLY.slowStart();
    }
    if (subject.has(Subject.Trait.ONE_ENDPOINT) || size <= 10) {
      return Duration.ofMinutes(1);
    }
    if (scenario == Scenario.HALF_SLOW) {
      // Lines before slow instances grow for as long as it lasts.
      return Duration.ofMillis(size <= 100 ? 15_000 : 3_500);
    }
    return Duration.ofMillis(size <= 100 ? 10_000 : 1_500);
  }

  /** How often it is run, each time with other random numbers. */
  int rounds() {
    return scenario != Scenario.COLD_START_SLOWLY || size >= 1000 ? 1 : size >= 100 ? 4 : 15;
  }

  /** How long calls flow before anything counts. */
  Duration settling() {
    // Load reports are used after ten seconds.
    return Duration.ofMillis(
        subject.has(Subject.Trait.REPORTS) ? 12_000 : size >= 1000 ? 500 : 2_000);
  }

  /** The load while nothing counts; a light one suffices to hear reports. */
  double settlingLoad() {
    return subject.has(Subject.Trait.REPORTS) ? 0.2 : load;
  }

  /** The same trial has the same seed in every run. */
  long seed() {
    long seed = subject.name().hashCode();
    seed = seed * 31 + scenario.name().hashCode();
    seed = seed * 31 + size;
    return seed * 31 + Math.round(load * 100);
  }

  @Override
  public String toString() {
    return "%s, %s, %d endpoints, %.0f %% load".formatted(subject, scenario, size, load * 100);
  }
}
