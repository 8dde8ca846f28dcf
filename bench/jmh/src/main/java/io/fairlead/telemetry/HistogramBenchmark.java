package io.fairlead.telemetry;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Recorder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One duration recorded: ours beside HdrHistogram and Prometheus' client_java. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HistogramBenchmark {
  private static final double NANOS = 1e-9;

  /** Durations between 10 µs and 160 ms, a different one each time. */
  @State(Scope.Thread)
  public static class Durations {
    private long state = 88_172_645_463_325_252L;

    long next() {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      return 10_000L << (int) ((state >>> 60) & 15) >> 1 | (state & 0xfff);
    }
  }

  /** The histograms, each shared by all threads. */
  @State(Scope.Benchmark)
  public static class Shared {
    private final Histogram ours = new Histogram(BucketLayout.SECONDS);
    private final ConcurrentHistogram hdr = new ConcurrentHistogram(3_600_000_000_000L, 2);
    private final Recorder recorder = new Recorder(3_600_000_000_000L, 2);
    private final io.prometheus.metrics.core.metrics.Histogram classic =
        io.prometheus.metrics.core.metrics.Histogram.builder()
            .name("classic")
            .classicOnly()
            .classicUpperBounds(BucketLayout.SECONDS.classicBounds())
            .build();
    private final io.prometheus.metrics.core.metrics.Histogram both =
        io.prometheus.metrics.core.metrics.Histogram.builder()
            .name("both")
            .classicUpperBounds(BucketLayout.SECONDS.classicBounds())
            .nativeInitialSchema(3)
            .build();
  }

  @Benchmark
  public void ours(Shared shared, Durations durations) {
    shared.ours.record(durations.next());
  }

  @Benchmark
  public void hdrHistogram(Shared shared, Durations durations) {
    shared.hdr.recordValue(durations.next());
  }

  /** What its documentation recommends where somebody reads while others record. */
  @Benchmark
  public void hdrRecorder(Shared shared, Durations durations) {
    shared.recorder.recordValue(durations.next());
  }

  @Benchmark
  public void prometheusClassic(Shared shared, Durations durations) {
    shared.classic.observe(durations.next() * NANOS);
  }

  @Benchmark
  public void prometheusClassicAndNative(Shared shared, Durations durations) {
    shared.both.observe(durations.next() * NANOS);
  }
}
