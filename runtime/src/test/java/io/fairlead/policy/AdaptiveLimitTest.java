package io.fairlead.policy;

import static io.fairlead.policy.WorkerSimulation.MILLI;
import static io.fairlead.policy.WorkerSimulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.WorkerSimulation.Load;
import io.fairlead.policy.WorkerSimulation.Result;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaptiveLimitTest {
  private static final long SEED = 42;
  private static final long WARM_UP = 60 * SECOND;
  private static final long LENGTH = 120 * SECOND;

  private final AdaptiveLimit limit = new AdaptiveLimit(AdaptiveLimitPolicy.standard());
  private long now;

  @ParameterizedTest
  // Where four fifths of the work are slow, slow calls alone are more than the workers can do.
  @CsvSource({"8, 0.5, 2", "16, 0.5, 2", "8, 0.8, 2", "16, 0.8, 2", "8, 0.95, 3", "16, 0.95, 3"})
  void findsTheKneeWithQuickAndSlowCallsMixed(int workers, double slowShare, double slower) {
    Load load = new Load(workers, 2 * MILLI, 20 * SECOND, 1.5, slowShare);
    for (long seed = SEED; seed < SEED + 3; seed++) {
      double best = 0;
      for (double factor : new double[] {1, 1.25, 1.75, 2.5}) {
        int fixed = (int) (workers * factor);
        best = Math.max(best, simulate(load, fixed, seed).goodput());
      }
      AdaptiveLimit found = new AdaptiveLimit(AdaptiveLimitPolicy.standard());
      Result result = new WorkerSimulation(load, seed).run(found::limit, found, WARM_UP, LENGTH);

      assertThat(result.goodput())
          .as("goodput, seed %s, best fixed is %s", seed, best)
          .isGreaterThan(0.9 * best);
      assertThat(result.quickP99())
          .as("p99 of the quick calls, seed %s", seed)
          .isLessThan((long) (slower * load.quick()));
    }
  }

  private static Result simulate(Load load, int fixed, long seed) {
    return new WorkerSimulation(load, seed).run(() -> fixed, null, WARM_UP, LENGTH);
  }

  @Test
  void growsWhileInUseAndNotSlower() {
    windows(20, 10 * MILLI, 1);
    assertThat(limit.limit()).isGreaterThan(1000);
  }

  @Test
  void staysWhereItIsWhenNotInUse() {
    windows(50, 10 * MILLI, 0.5);
    assertThat(limit.limit()).isEqualTo(20);
  }

  @Test
  void shrinksWhenTheQuickCallsGetSlower() {
    windows(1, 10 * MILLI, 1);
    int before = limit.limit();
    // Each call less in flight makes the others quicker, as in a queue.
    for (int i = 0; i < 10; i++) {
      windows(1, limit.limit() * MILLI, 1);
    }
    assertThat(limit.limit()).isLessThan(before / 2);
  }

  @Test
  void learnsAnewWhenTheMethodItselfBecameSlower() {
    windows(3, 10 * MILLI, 1);
    int before = limit.limit();
    windows(8, 50 * MILLI, 1);
    assertThat(limit.limit()).isGreaterThan(before / 2);
    windows(40, 50 * MILLI, 1);
    assertThat(limit.limit()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void neverLeavesItsBounds() {
    AdaptiveLimit bounded = new AdaptiveLimit(AdaptiveLimitPolicy.standard().between(5, 10, 12));
    long time = 0;
    for (int i = 1; i < 20_000; i++) {
      time += 10 * MILLI;
      bounded.sample(time, (i / 700 % 2 == 0 ? 1 : 100) * MILLI, bounded.limit());
      assertThat(bounded.limit()).isBetween(5, 12);
    }
  }

  @Test
  void aPolicyThatCannotBeIsRefused() {
    assertThatThrownBy(() -> AdaptiveLimitPolicy.standard().between(10, 5, 20))
        .hasMessage(
            "adaptive limit min 10, initial 5, max 20 are not in the order 1 <= min <= initial <="
                + " max");
    assertThatThrownBy(() -> new AdaptiveLimitPolicy(5, 1, 9, 1.0, Duration.ofSeconds(1)))
        .hasMessage("adaptive limit tolerance 1.0 is not above 1 and at most 10");
  }

  /** Windows of equal calls, begun at this part of the limit. */
  private void windows(int count, long latency, double use) {
    for (int w = 0; w < count; w++) {
      for (int i = 0; i < 50; i++) {
        now += AdaptiveLimitPolicy.standard().window().toNanos() / 49 + 1;
        limit.sample(now, latency, (int) (limit.limit() * use));
      }
    }
  }
}
