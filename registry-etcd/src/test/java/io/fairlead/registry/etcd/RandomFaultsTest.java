package io.fairlead.registry.etcd;

import java.time.Duration;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 200 schedules of faults by chance on the embedded etcd, each named by its seed. */
@Execution(ExecutionMode.CONCURRENT)
final class RandomFaultsTest {
  private static final int EACH = 25;
  private static final int STEPS = 8;

  /** In portions that run beside each other: much of their time is waiting. */
  @ParameterizedTest
  @ValueSource(longs = {0, 25, 50, 75, 100, 125, 150, 175})
  void liveEndpointsAreVisibleAfterEachFault(long first) {
    for (long seed = first + 1; seed <= first + EACH; seed++) {
      Schedule.run(new EmbeddedWorld(seed), seed, STEPS, Duration.ofSeconds(3));
    }
    System.out.println(EACH + " schedules, seeds " + (first + 1) + " to " + (first + EACH));
  }
}
