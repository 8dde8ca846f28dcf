package io.fairlead.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs, however short: what nobody runs does not stay right. */
class EveryBenchmarkTest {
  /** Pick and new picker, each of four balancers, ours and theirs; new picker in two ways. */
  private static final int OF_BALANCERS = 3 * 4 * 2;

  /** Stack 3, look-up 2, attempt 2, queue 2, histograms 5, cache 2. */
  private static final int OTHERS = 16;

  /** JSON of three sizes: read and written by three codecs, and the tokens by two. */
  private static final int OF_JSON = 3 * (3 * 2 + 2);

  @Test
  void everyBenchmarkRuns() throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(20))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    assertThat(results)
        .hasSize(OF_BALANCERS + OTHERS + OF_JSON)
        .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore()).isPositive());
  }
}
