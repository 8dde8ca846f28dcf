package io.fairlead.registry.etcd;

import io.fairlead.testkit.EtcdRelease;
import java.time.Duration;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten schedules of faults by chance on real etcds, each named by its seed. */
@Execution(ExecutionMode.CONCURRENT)
final class RealRandomFaultsIT {
  private static final int STEPS = 6;

  @ParameterizedTest
  @CsvSource({
    "1001, INSTALLED",
    "1002, BUILT",
    "1003, INSTALLED",
    "1004, BUILT",
    "1005, INSTALLED",
    "1006, BUILT",
    "1007, INSTALLED",
    "1008, BUILT",
    "1009, INSTALLED",
    "1010, BUILT"
  })
  void liveEndpointsAreVisibleAfterEachFault(long seed, EtcdRelease release) {
    System.out.println("seed " + seed + " on " + release);
    Schedule.run(new RealWorld(release), seed, STEPS, Duration.ofSeconds(1));
  }
}
