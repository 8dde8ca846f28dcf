package io.fairlead.balance.internal.algorithm;

import java.util.Arrays;

/**
 * Points on a ring, for hashing.
 *
 * <p>An endpoint has a number of points that follows from its own weight alone, so that the points
 * of one endpoint never move because of another. A point is a 64-bit number: its upper bits are a
 * hash of the endpoint's id, its lower bits the number of the endpoint. One sorted array of longs
 * is thus the whole ring.
 *
 * <p>Immutable. {@link #changed} makes the next ring by copying; pickers that still use the old one
 * are not disturbed.
 */
final class HashRing {
  /** A ring without points. */
  static final HashRing EMPTY = new HashRing(new long[0]);

  /** The low bits of a point hold whose it is, so that one array is sorted and searched. */
  private static final int OWNER_BITS = 20;

  /** The largest number of an owner. */
  static final int MAX_POINTS = (1 << OWNER_BITS) - 1;

  private static final int POINTS_PER_BUCKET = 8;

  private final long[] points;

  /**
   * Where the points of each of so many equal stretches of the ring begin. Points are spread
   * evenly, so a stretch has a few, which lie in one line of memory; this table is small.
   */
  private final int[] firstInBucket;

  private final int shift;

  private HashRing(long[] points) {
    this.points = points;
    int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(points.length / POINTS_PER_BUCKET));
    this.shift = 64 - bits;
    this.firstInBucket = new int[1 << bits];
    int index = 0;
    for (int stretch = 0; stretch < firstInBucket.length; stretch++) {
      while (index < points.length && bucketOf(points[index]) < stretch) {
        index++;
      }
      firstInBucket[stretch] = index;
    }
  }

  /** Returns how many points an endpoint of this weight has, when one of weight 100 has so many. */
  static int count(int weight, int pointsOfHundred) {
    long share = Math.round((double) pointsOfHundred * weight / 100);
    return (int) Math.max(1, Math.min(share, 10L * pointsOfHundred));
  }

  /** Writes the points of an endpoint into an array, from an index on. */
  static void write(String id, int owner, long[] into, int from, int count) {
    long seed = KeyHash.ofText(id);
    for (int i = from; i < from + count; i++) {
      seed += KeyHash.GOLDEN_GAMMA;
      into[i] = (KeyHash.mix(seed) & ~(long) MAX_POINTS) | owner;
    }
  }

  /**
   * Returns this ring with other points: a few searches, and the stretches between them copied as
   * they are.
   *
   * @param without points of this ring that go; sorted here
   * @param with points that come; sorted here
   */
  HashRing changed(long[] without, long[] with) {
    Arrays.sort(without);
    Arrays.sort(with);
    long[] changed = new long[points.length - without.length + with.length];
    int from = 0;
    int to = 0;
    int gone = 0;
    int come = 0;
    while (gone < without.length || come < with.length) {
      boolean goes = come == with.length || (gone < without.length && without[gone] <= with[come]);
      int index = firstFrom(from, goes ? without[gone] : with[come]);
      System.arraycopy(points, from, changed, to, index - from);
      to += index - from;
      from = index;
      if (goes) {
        gone++;
        from++;
      } else {
        changed[to++] = with[come++];
      }
    }
    System.arraycopy(points, from, changed, to, points.length - from);
    return new HashRing(changed);
  }

  /** The first index, not before another one, whose point is not below a value. */
  private int firstFrom(int from, long value) {
    int found = Arrays.binarySearch(points, from, points.length, value);
    return found >= 0 ? found : -found - 1;
  }

  /** Returns the index of the first point at or after the key. */
  int indexOf(long key) {
    long value = key & ~(long) MAX_POINTS;
    int index = firstInBucket[bucketOf(value)];
    while (index < points.length && points[index] < value) {
      index++;
    }
    return index == points.length ? 0 : index;
  }

  private int bucketOf(long point) {
    return (int) ((point ^ Long.MIN_VALUE) >>> shift);
  }

  int next(int index) {
    return index + 1 == points.length ? 0 : index + 1;
  }

  /** Returns the number of the endpoint whose point is at an index. */
  int ownerAt(int index) {
    return (int) (points[index] & MAX_POINTS);
  }

  int size() {
    return points.length;
  }
}
