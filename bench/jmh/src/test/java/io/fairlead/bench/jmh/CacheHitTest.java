package io.fairlead.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** A cache is worth its memory only if its answers are cheap. */
class CacheHitTest {
  /** Measured in turn in one JVM: rough figures, and a bound that is far from them. */
  @Test
  void aHitCostsLessThanATenthOfACall() throws Exception {
    Map<String, Double> nanos =
        new Runner(
                new OptionsBuilder()
                    .include("CacheBenchmark")
                    .forks(0)
                    .warmupIterations(3)
                    .warmupTime(TimeValue.milliseconds(500))
                    .measurementIterations(3)
                    .measurementTime(TimeValue.milliseconds(500))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run().stream()
                .collect(
                    Collectors.toMap(
                        result -> result.getPrimaryResult().getLabel(),
                        result -> result.getPrimaryResult().getScore()));
    System.out.println("nanoseconds of a hit and of a call: " + nanos);
    assertThat(nanos).containsOnlyKeys("hit", "call");
    assertThat(nanos.getOrDefault("hit", 0.0)).isLessThan(nanos.getOrDefault("call", 0.0) / 10);
  }
}
