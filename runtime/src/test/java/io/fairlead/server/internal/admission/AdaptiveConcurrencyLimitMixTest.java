package io.fairlead.server.internal.admission;

import static io.fairlead.server.internal.admission.MixedLoadSimulation.EQUAL_NUMBERS;
import static io.fairlead.server.internal.admission.MixedLoadSimulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.server.internal.admission.MixedLoadSimulation.Limit;
import io.fairlead.server.internal.admission.MixedLoadSimulation.Load;
import io.fairlead.server.internal.admission.MixedLoadSimulation.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quick calls of 2 ms and slow ones of 20 s at one method, in every mix, half as many too much. */
class AdaptiveConcurrencyLimitMixTest {
  private static final double[] SLOW_SHARES = {0.1, 0.5, 0.8, 0.95, 0.99, 0.999, EQUAL_NUMBERS};
  private static final List<String> FIGURES = new ArrayList<>();

  /** An adaptive limit in the simulation. */
  private static final class Adaptive implements Limit {
    private final AdaptiveConcurrencyLimit limit =
        new AdaptiveConcurrencyLimit(AdaptiveLimitPolicy.standard());

    @Override
    public int now() {
      return limit.limit();
    }

    @Override
    public int begin(long now, int inFlight) {
      return limit.begin(now, inFlight);
    }

    @Override
    public void end(int ticket, long now, long latency) {
      limit.end(ticket, now, latency, true);
    }
  }

  /**
   * @param goodput as a part of the best fixed limit's
   */
  private record Outcome(double goodput, double quickP99) {}

  private static Stream<Arguments> mixes() {
    List<Arguments> mixes = new ArrayList<>();
    for (boolean shared : new boolean[] {false, true}) {
      for (int workers : new int[] {8, 16}) {
        for (double share : SLOW_SHARES) {
          mixes.add(Arguments.of(shared, workers, share));
        }
      }
    }
    return mixes.stream();
  }

  @ParameterizedTest(name = "shared cores {0}, {1} workers, slow share {2}")
  @MethodSource("mixes")
  void findsTheKneeWhateverTheMixIs(boolean shared, int workers, double slowShare) {
    Outcome outcome = simulate(new Load(shared, workers, slowShare));
    assertThat(outcome.goodput()).isGreaterThan(0.9);
    assertThat(outcome.quickP99()).isLessThanOrEqualTo(2);
  }

  /** Of calls that take an exponentially distributed time, 1 in 100 takes 4.6 times the mean. */
  @ParameterizedTest(name = "shared cores {0}, {1} workers, slow share {2}")
  @CsvSource({
    "false, 8, 0.01", "false, 16, 0.5", "false, 16, 0.95",
    "true, 8, 0.01", "true, 16, 0.5", "true, 16, 0.95"
  })
  void isNotMisledByTimesThatVary(boolean shared, int workers, double slowShare) {
    Outcome outcome = simulate(new Load(shared, workers, slowShare, true));
    assertThat(outcome.goodput()).isGreaterThan(0.75);
    assertThat(outcome.quickP99()).isLessThanOrEqualTo(2 * 4.6);
  }

  private static Outcome simulate(Load load) {
    long length = load.length();
    double best = 0;
    for (int factor = 1; factor <= 2; factor++) {
      Limit fixed = Limit.fixed(load.workers() * factor);
      MixedLoadSimulation simulation = new MixedLoadSimulation(load, fixed, 1);
      simulation.run(length / 4);
      best = Math.max(best, simulation.run(length).goodput());
    }
    MixedLoadSimulation simulation = new MixedLoadSimulation(load, new Adaptive(), 1);
    simulation.run(length);
    Result result = simulation.run(length);
    Outcome outcome = new Outcome(result.goodput() / best, result.quickP99());
    FIGURES.add(
        String.format(
            Locale.ROOT,
            "%s: goodput %.2f of the best fixed limit's, p99 of the quick %.2f",
            load,
            outcome.goodput(),
            outcome.quickP99()));
    return outcome;
  }

  @ParameterizedTest(name = "shared cores {0}")
  @ValueSource(booleans = {false, true})
  void followsWhenHalfOfTheWorkersAreLostAndComeBack(boolean shared) {
    MixedLoadSimulation simulation =
        new MixedLoadSimulation(new Load(shared, 16, 0.5), new Adaptive(), 1);
    simulation.run(60 * SECOND);

    simulation.workers(8);
    simulation.run(60 * SECOND);
    Result halved = simulation.run(60 * SECOND);
    assertThat(halved.quickP99()).isLessThanOrEqualTo(2);
    // Of 16 workers.
    assertThat(halved.goodput()).isGreaterThan(0.4);

    simulation.workers(16);
    simulation.run(60 * SECOND);
    Result whole = simulation.run(60 * SECOND);
    assertThat(whole.quickP99()).isLessThanOrEqualTo(2);
    assertThat(whole.goodput()).isGreaterThan(0.8);
  }

  @ParameterizedTest(name = "shared cores {0}")
  @ValueSource(booleans = {false, true})
  void relearnsTheBaselineWhenEveryCallSlowsDown(boolean shared) {
    MixedLoadSimulation simulation =
        new MixedLoadSimulation(new Load(shared, 8, 0.5), new Adaptive(), 1);
    simulation.run(30 * SECOND);

    simulation.slower(3);
    simulation.run(90 * SECOND);
    Result slower = simulation.run(300 * SECOND);
    assertThat(slower.quickP99()).isLessThanOrEqualTo(3 * 2);
    assertThat(slower.goodput()).isGreaterThan(0.7);

    simulation.slower(1);
    simulation.run(120 * SECOND);
    Result again = simulation.run(120 * SECOND);
    assertThat(again.quickP99()).isLessThanOrEqualTo(2);
    assertThat(again.goodput()).isGreaterThan(0.8);
  }

  @AfterAll
  static void print() {
    FIGURES.forEach(System.out::println);
  }
}
