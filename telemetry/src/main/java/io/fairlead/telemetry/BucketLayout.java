package io.fairlead.telemetry;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The cells of a histogram. Their bounds are those of an exponential histogram and, between them,
 * those of a classic one. So one count gives both, and both are exact.
 *
 * <p>Values are recorded as whole numbers of a small unit, such as nanoseconds, and published in a
 * larger one, such as seconds. A cell holds the values above the bound before it, up to and with
 * its own.
 */
final class BucketLayout {
  /** How many leading bits of a value choose the cell where the search begins, less one. */
  private static final int KEY_BITS = 3;

  private static final double NANOS = 1e-9;

  /** Durations in seconds: a factor of 2^(1/8) from 1 µs to 31 days, and the bounds of gRFC A66. */
  static final BucketLayout SECONDS =
      new BucketLayout(
          NANOS, 3, -160, 171, 0, .00001, .00005, .0001, .0003, .0006, .0008, .001, .002, .003,
          .004, .005, .006, .008, .01, .013, .016, .02, .025, .03, .04, .05, .065, .08, .1, .13,
          .16, .2, .25, .3, .4, .5, .65, .8, 1, 2, 5, 10, 20, 50, 100);

  /** Sizes in bytes: a factor of 2 up to 1 TiB, and the bounds of gRFC A66. */
  static final BucketLayout BYTES =
      new BucketLayout(
          1,
          0,
          -1,
          40,
          DoubleStream.concat(
                  DoubleStream.of(0),
                  IntStream.of(10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32)
                      .mapToDouble(power -> Math.scalb(1.0, power)))
              .toArray());

  /** How often something was done again in a call, with the bounds of gRFC A96. */
  static final BucketLayout REPEATS = new BucketLayout(1, 0, -1, 10, 1, 2, 3, 4, 5, 10);

  /** Weights of endpoints, in thousandths: a factor of 2 from 1/64 to 2^30, and each other one. */
  static final BucketLayout WEIGHTS =
      new BucketLayout(
          1e-3,
          0,
          -6,
          30,
          DoubleStream.concat(
                  DoubleStream.of(0),
                  IntStream.rangeClosed(-2, 15).mapToDouble(power -> Math.scalb(1.0, 2 * power)))
              .toArray());

  private final double unit;
  private final int schema;
  private final int lowestIndex;
  private final double[] classicBounds;
  private final long[] upper;
  private final int[] exponentialIndex;
  private final int[] classicIndex;
  private final short[] firstCell;

  private BucketLayout(
      double unit, int schema, int lowestIndex, int highestIndex, double... classicBounds) {
    this.unit = unit;
    this.schema = schema;
    this.lowestIndex = lowestIndex;
    this.classicBounds = classicBounds.clone();
    long[] exponential =
        IntStream.rangeClosed(lowestIndex, highestIndex)
            .mapToLong(index -> recorded(exponentialBound(index)))
            .toArray();
    long[] classic = DoubleStream.of(classicBounds).mapToLong(this::recorded).toArray();
    this.upper =
        LongStream.concat(
                LongStream.concat(Arrays.stream(exponential), Arrays.stream(classic)),
                LongStream.of(Long.MAX_VALUE))
            .sorted()
            .distinct()
            .toArray();
    this.exponentialIndex =
        Arrays.stream(upper)
            .mapToInt(
                bound -> Math.min(lowestIndex + firstAtLeast(exponential, bound), highestIndex))
            .toArray();
    this.classicIndex =
        Arrays.stream(upper).mapToInt(bound -> firstAtLeast(classic, bound)).toArray();
    this.firstCell = firstCells(upper);
  }

  /** The largest recorded value that a bound includes. */
  private long recorded(double bound) {
    // Decimal fractions are a hair off: 0.001 s are 1,000,000 ns, not one less.
    return (long) Math.floor(bound / unit * (1 + 1e-12));
  }

  private double exponentialBound(int index) {
    return Math.pow(2, Math.scalb((double) index, -schema));
  }

  private static int firstAtLeast(long[] bounds, long value) {
    int place = Arrays.binarySearch(bounds, value);
    return place >= 0 ? place : -place - 1;
  }

  private static short[] firstCells(long[] upper) {
    short[] first = new short[(64 << KEY_BITS)];
    for (int key = 0; key < first.length; key++) {
      first[key] = (short) Math.min(firstAtLeast(upper, smallestWith(key)), upper.length - 1);
    }
    return first;
  }

  /** Of a positive value: the number of its bits, and those after the leading one. */
  private static int key(long value) {
    int shift = 63 - Long.numberOfLeadingZeros(value);
    int next =
        (int) (shift >= KEY_BITS ? value >>> (shift - KEY_BITS) : value << (KEY_BITS - shift));
    return (shift << KEY_BITS) | (next & ((1 << KEY_BITS) - 1));
  }

  private static long smallestWith(int key) {
    int shift = key >>> KEY_BITS;
    long leading = (1L << KEY_BITS) | (key & ((1 << KEY_BITS) - 1));
    return shift >= KEY_BITS ? leading << (shift - KEY_BITS) : leading >>> (KEY_BITS - shift);
  }

  /** Returns the number of cells. */
  int cells() {
    return upper.length;
  }

  /** Returns the cell of a recorded value. A negative one counts as 0. */
  int cell(long value) {
    if (value <= 0) {
      return 0;
    }
    int cell = firstCell[key(value)];
    while (value > upper[cell]) {
      cell++;
    }
    return cell;
  }

  /** Returns the largest recorded value of a cell. */
  long upper(int cell) {
    return upper[cell];
  }

  /** Returns a recorded value in the unit that is published. */
  double published(long recorded) {
    return (double) recorded * unit;
  }

  /** Returns the schema of the exponential buckets: each is 2^(2^-schema) times the one before. */
  int schema() {
    return schema;
  }

  /** Returns the largest value that the zero bucket holds, in the unit that is published. */
  double zeroThreshold() {
    return exponentialBound(lowestIndex);
  }

  /** Returns the bounds of the classic buckets, without the last one, which has none. */
  double[] classicBounds() {
    return classicBounds.clone();
  }

  /** Returns the number of classic buckets, with the last one, which has no bound. */
  int classicBuckets() {
    return classicBounds.length + 1;
  }

  /** Returns the number of the classic bucket that a cell belongs to. */
  int classicIndex(int cell) {
    return classicIndex[cell];
  }

  /**
   * Returns the index of the exponential bucket that a cell belongs to. The lowest one is the zero
   * bucket.
   */
  int exponentialIndex(int cell) {
    return exponentialIndex[cell];
  }

  /** Returns whether a cell belongs to the zero bucket. */
  boolean isZero(int cell) {
    return exponentialIndex[cell] == lowestIndex;
  }
}
