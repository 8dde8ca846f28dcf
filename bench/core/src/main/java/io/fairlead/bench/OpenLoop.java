package io.fairlead.bench;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Load at a fixed rate. The latency of a call counts from the moment at which it was due, so that a
 * server that stalls cannot hide the calls that it kept from being sent.
 */
final class OpenLoop {
  private OpenLoop() {}

  static Sample run(BenchClient client, long callsPerSecond, Duration length)
      throws InterruptedException {
    int calls = (int) (callsPerSecond * length.toNanos() / 1_000_000_000);
    Histogram latencies = new ConcurrentHistogram(60_000_000_000L, 3);
    AtomicLong failures = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(calls);
    Usage before = Usage.now();
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      long due = start + i * 1_000_000_000L / callsPerSecond;
      awaitNanoTime(due);
      client.unaryAsync(
          Payloads.SMALL,
          failure -> {
            latencies.recordValue(Math.max(1, System.nanoTime() - due));
            if (failure != null) {
              failures.incrementAndGet();
            }
            ended.countDown();
          });
    }
    if (!ended.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException(ended.getCount() + " calls never ended");
    }
    long nanos = System.nanoTime() - start;
    return Sample.of(failures.get(), nanos, Usage.now().since(before), latencies);
  }

  private static void awaitNanoTime(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
