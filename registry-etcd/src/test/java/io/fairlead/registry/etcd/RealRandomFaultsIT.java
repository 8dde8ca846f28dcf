package io.fairlead.registry.etcd;

import java.time.Duration;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten schedules of faults by chance on a real etcd, each named by its seed. */
@Execution(ExecutionMode.CONCURRENT)
final class RealRandomFaultsIT {
  private static final int STEPS = 6;

  @ParameterizedTest
  @ValueSource(longs = {1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010})
  void whoLivesIsSeenAtEveryQuietPoint(long seed) {
    Schedule.run(new RealWorld(), seed, STEPS, Duration.ofSeconds(1));
  }
}
