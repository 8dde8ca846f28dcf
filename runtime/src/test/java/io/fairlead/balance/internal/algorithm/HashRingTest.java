package io.fairlead.balance.internal.algorithm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HashRingTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @Test
  void aKeyFindsItsPointWhereverThePointsAre() {
    long[] one = {5L << 20};
    long[] even = random.longs(50_000).toArray();
    long[] crowded = random.longs(5_000, 0, 1L << 40).toArray();
    long[] ends = {Long.MIN_VALUE, Long.MIN_VALUE + (1L << 20), Long.MAX_VALUE - (1L << 21)};
    for (long[] points : new long[][] {one, even, crowded, ends}) {
      for (int i = 0; i < points.length; i++) {
        points[i] &= ~(long) HashRing.MAX_POINTS;
      }
      HashRing ring = HashRing.EMPTY.changed(new long[0], points.clone());
      Arrays.sort(points);
      assertThat(ring.size()).isEqualTo(points.length);
      for (long point : points) {
        check(ring, points, point);
        check(ring, points, point - 1);
        check(ring, points, point + (1L << 20));
      }
      random.longs(20_000).forEach(key -> check(ring, points, key));
      check(ring, points, Long.MIN_VALUE);
      check(ring, points, Long.MAX_VALUE);
      check(ring, points, 0);
    }
  }

  private static void check(HashRing ring, long[] points, long key) {
    long value = key & ~(long) HashRing.MAX_POINTS;
    int found = Arrays.binarySearch(points, value);
    int wanted = found >= 0 ? found : -found - 1;
    int index = ring.indexOf(key);
    if (wanted == points.length) {
      assertThat(index).isZero();
    } else if (found >= 0) {
      // Of equal points any is right.
      assertThat(points[index]).isEqualTo(value);
    } else {
      assertThat(index).isEqualTo(wanted);
    }
  }
}
