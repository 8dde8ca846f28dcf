package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.fairlead.testkit.Await;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class HistogramTest {
  private static final long MILLI = 1_000_000;

  @Test
  void nothingIsLostBetweenThreads() throws Exception {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    int threads = 6;
    int each = 20_000;
    CountDownLatch ready = new CountDownLatch(threads);
    Thread[] all = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      all[i] =
          new Thread(
              () -> {
                ready.countDown();
                for (int value = 1; value <= each; value++) {
                  histogram.record(value);
                }
              });
      all[i].start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    HistogramSnapshot snapshot = histogram.snapshot();
    assertThat(snapshot.count()).isEqualTo((long) threads * each);
    assertThat(snapshot.sum()).isCloseTo(threads * (each * (each + 1L) / 2) * 1e-9, within(1e-9));
  }

  @Test
  void threadsThatMeetOnOneStripePartWays() throws Exception {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    AtomicBoolean done = new AtomicBoolean();
    Runnable task =
        () -> {
          while (!done.get()) {
            histogram.record(MILLI);
          }
        };
    Thread first = new Thread(task);
    Thread second = new Thread(task);
    while (Histogram.stripeOf(first.getId()) != Histogram.stripeOf(second.getId())) {
      second = new Thread(task);
    }
    first.start();
    second.start();
    // A machine with one processor has one stripe, and nobody meets.
    int wanted = Math.min(2, Histogram.STRIPES);
    Await.until("each has its stripe", () -> histogram.stripesInUse() == wanted);
    done.set(true);
    first.join();
    second.join();
  }

  @Test
  void quantilesAreAtMostOneBucketTooHigh() {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    for (int i = 1; i <= 1_000; i++) {
      histogram.record(i * MILLI);
    }
    HistogramSnapshot snapshot = histogram.snapshot();
    assertThat(snapshot.quantile(0.5)).isBetween(0.5, 0.5 * 1.0906);
    assertThat(snapshot.quantile(0.99)).isBetween(0.99, 0.99 * 1.0906);
    assertThat(snapshot.quantile(1)).isBetween(1.0, 1.0906);
    assertThat(new Histogram(BucketLayout.SECONDS).snapshot().quantile(0.99)).isZero();
    assertThatThrownBy(() -> snapshot.quantile(99))
        .hasMessage("the share 99.0 is not between 0 and 1");
  }

  @Test
  void bothKindsOfBucketsHoldAllValues() {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    histogram.record(0);
    histogram.record(3 * MILLI);
    histogram.record(3 * MILLI + 1);
    histogram.record(Long.MAX_VALUE);
    HistogramSnapshot snapshot = histogram.snapshot();
    long[] classic = snapshot.classicCounts();
    double[] bounds = snapshot.classicBounds();
    for (int i = 0; i < bounds.length; i++) {
      if (bounds[i] == 0 || bounds[i] == .003 || bounds[i] == .004) {
        assertThat(classic[i]).as("le %s", bounds[i]).isEqualTo(1);
      }
    }
    assertThat(classic[bounds.length]).isEqualTo(1);
    assertThat(snapshot.quantile(1)).isInfinite();
    Map<Integer, Long> exponential = new TreeMap<>();
    snapshot.forEachExponentialBucket(exponential::put);
    // 2^(-67/8) is 3.01 ms.
    assertThat(exponential).isEqualTo(Map.of(-67, 2L, 171, 1L));
    assertThat(snapshot.zeroCount()).isEqualTo(1);
  }

  @Test
  void whatCameSinceAnEarlierSnapshotIsWithoutWhatWasBefore() {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    histogram.record(MILLI);
    HistogramSnapshot before = histogram.snapshot();
    histogram.record(5 * MILLI);
    histogram.record(5 * MILLI);
    HistogramSnapshot since = histogram.snapshot().since(before);
    assertThat(since.count()).isEqualTo(2);
    assertThat(since.sum()).isCloseTo(0.01, within(1e-9));
    assertThat(since.quantile(0)).isBetween(0.005, 0.0055);
    HistogramSnapshot other = new Histogram(BucketLayout.BYTES).snapshot();
    assertThatThrownBy(() -> since.since(other)).hasMessage("the other snapshot has other buckets");
  }

  @Test
  void recordingAllocatesNothing() {
    Histogram histogram = new Histogram(BucketLayout.SECONDS);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    histogram.record(MILLI); // makes the stripe of this thread
    long before = threads.getCurrentThreadAllocatedBytes();
    long after = threads.getCurrentThreadAllocatedBytes();
    long ofReading = after - before;
    before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      histogram.record(i * 1_000L);
    }
    after = threads.getCurrentThreadAllocatedBytes();
    assertThat(after - before - ofReading).as("bytes of 10,000 values").isLessThan(10_000);
  }
}
