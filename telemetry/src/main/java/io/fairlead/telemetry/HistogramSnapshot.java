package io.fairlead.telemetry;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * A histogram at one moment. Its values are in the unit of the {@link MetricFamily}. Classic and
 * exponential buckets are views of one count.
 */
public final class HistogramSnapshot {
  private final BucketLayout layout;
  private final long[] cells;
  private final long sum;
  private final long count;
  private final List<Exemplar> exemplars;

  HistogramSnapshot(BucketLayout layout, long[] cells, long sum, List<Exemplar> exemplars) {
    this.layout = layout;
    this.cells = cells;
    this.sum = sum;
    this.exemplars = List.copyOf(exemplars);
    this.count = Arrays.stream(cells).sum();
  }

  /** Returns the number of values. */
  public long count() {
    return count;
  }

  /** Returns the sum of the values. */
  public double sum() {
    return layout.published(sum);
  }

  /**
   * Returns a value that this share of all values does not exceed, at most one bucket too high; 0
   * without values, and infinity beyond the last bound.
   *
   * @param share between 0 and 1, such as 0.99
   */
  public double quantile(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("the share " + share + " is not between 0 and 1");
    }
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int cell = 0; cell < cells.length; cell++) {
      seen += cells[cell];
      if (seen >= rank) {
        return cell == cells.length - 1
            ? Double.POSITIVE_INFINITY
            : layout.published(layout.upper(cell));
      }
    }
    return 0;
  }

  /**
   * Returns what came after an earlier snapshot of the same histogram.
   *
   * @throws IllegalArgumentException if it is of another kind of histogram
   */
  public HistogramSnapshot since(HistogramSnapshot earlier) {
    if (earlier.layout != layout) {
      throw new IllegalArgumentException("the other snapshot has other buckets");
    }
    long[] later = new long[cells.length];
    for (int cell = 0; cell < cells.length; cell++) {
      later[cell] = cells[cell] - earlier.cells[cell];
    }
    return new HistogramSnapshot(layout, later, sum - earlier.sum, exemplars);
  }

  /** Returns the upper bounds of the classic buckets. One more bucket has no bound. */
  public double[] classicBounds() {
    return layout.classicBounds();
  }

  /** Returns how many values each classic bucket holds, with the one that has no bound. */
  public long[] classicCounts() {
    long[] counts = new long[layout.classicBounds().length + 1];
    for (int cell = 0; cell < cells.length; cell++) {
      counts[layout.classicIndex(cell)] += cells[cell];
    }
    return counts;
  }

  /** Returns the schema of the exponential buckets: each is 2^(2^-schema) times the one before. */
  public int schema() {
    return layout.schema();
  }

  /** Returns the largest value that counts as zero in the exponential buckets. */
  public double zeroThreshold() {
    return layout.zeroThreshold();
  }

  /** Returns how many values count as zero in the exponential buckets. */
  public long zeroCount() {
    long zero = 0;
    for (int cell = 0; cell < cells.length; cell++) {
      zero += layout.isZero(cell) ? cells[cell] : 0;
    }
    return zero;
  }

  /** Hears of the exponential buckets that hold something, from the lowest to the highest. */
  public void forEachExponentialBucket(BucketConsumer consumer) {
    int cell = 0;
    while (cell < cells.length) {
      int index = layout.exponentialIndex(cell);
      boolean zero = layout.isZero(cell);
      long held = 0;
      while (cell < cells.length && layout.exponentialIndex(cell) == index) {
        held += cells[cell++];
      }
      if (held > 0 && !zero) {
        consumer.accept(index, held);
      }
    }
  }

  /**
   * Returns at most one value for each classic bucket, the latest whose trace is recorded; none
   * unless {@link Telemetry.Builder#exemplars} was set.
   */
  public List<Exemplar> exemplars() {
    return exemplars;
  }

  /**
   * A value with its trace.
   *
   * @param value in the unit of the metric
   * @param traceId 32 hexadecimal digits
   * @param spanId 16 hexadecimal digits, of the span of the call
   * @param time when it was recorded
   */
  public record Exemplar(double value, String traceId, String spanId, Instant time) {}

  /** Hears of a bucket. */
  @FunctionalInterface
  public interface BucketConsumer {
    /**
     * Takes a bucket.
     *
     * @param index the bucket holds values up to 2^(index * 2^-schema)
     * @param held how many values it holds
     */
    void accept(int index, long held);
  }
}
