package io.fairlead.contract.internal.stream;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Control;

/** A message from the event loop to the thread that reads a {@code Source}. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SpscQueueBenchmark {
  private static final Object MESSAGE = new Object();

  /** A queue for each thread. */
  @State(Scope.Thread)
  public static class Own {
    private final SpscQueue<Object> queue = new SpscQueue<>(16);
  }

  /** A queue between two threads. */
  @State(Scope.Group)
  public static class Between {
    private final SpscQueue<Object> queue = new SpscQueue<>(16);
  }

  @Benchmark
  public @Nullable Object inAndOut(Own own) {
    own.queue.offer(MESSAGE);
    return own.queue.poll();
  }

  @Benchmark
  @Group("across")
  @GroupThreads(1)
  public void write(Between between, Control control) {
    while (!between.queue.offer(MESSAGE) && !control.stopMeasurement) {
      Thread.onSpinWait();
    }
  }

  @Benchmark
  @Group("across")
  @GroupThreads(1)
  public Object read(Between between, Control control) {
    Object message = between.queue.poll();
    while (message == null && !control.stopMeasurement) {
      Thread.onSpinWait();
      message = between.queue.poll();
    }
    return control;
  }
}
