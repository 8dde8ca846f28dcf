package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Both views of a cell against their definitions, over values of every size and all bounds. */
class BucketLayoutTest {
  private static LongStream values(BucketLayout layout) {
    LongStream ofEverySize =
        new Random(7).longs(200_000).map(value -> (value & Long.MAX_VALUE) >>> (value & 63));
    LongStream aroundBounds =
        LongStream.range(0, layout.cells() - 1L)
            .map(cell -> layout.upper((int) cell))
            .flatMap(bound -> LongStream.of(Math.max(0, bound - 1), bound, bound + 1));
    return LongStream.concat(ofEverySize, aroundBounds);
  }

  @Test
  void aValueLiesInItsCell() {
    for (BucketLayout layout :
        new BucketLayout[] {BucketLayout.SECONDS, BucketLayout.BYTES, BucketLayout.REPEATS}) {
      values(layout)
          .forEach(
              value -> {
                int cell = layout.cell(value);
                assertThat(value).isLessThanOrEqualTo(layout.upper(cell));
                assertThat(cell == 0 || value > layout.upper(cell - 1)).isTrue();
              });
    }
  }

  @Test
  void theClassicBucketIsTheFirstWhoseBoundIncludesTheValue() {
    BucketLayout layout = BucketLayout.SECONDS;
    double[] bounds = layout.classicBounds();
    values(layout)
        .filter(value -> value < 1L << 50)
        .forEach(
            nanos -> {
              int expected = 0;
              while (expected < bounds.length && nanos > Math.round(bounds[expected] * 1e9)) {
                expected++;
              }
              assertThat(layout.classicIndex(layout.cell(nanos)))
                  .as("%d", nanos)
                  .isEqualTo(expected);
            });
  }

  @Test
  void theExponentialBucketHoldsTheValue() {
    BucketLayout layout = BucketLayout.SECONDS;
    values(layout)
        .filter(nanos -> nanos > 1_000 && nanos < 2_500_000_000_000_000L)
        .forEach(
            nanos -> {
              int index = layout.exponentialIndex(layout.cell(nanos));
              double seconds = nanos * 1e-9;
              assertThat(seconds).isLessThanOrEqualTo(Math.pow(2, index / 8.0) * (1 + 1e-9));
              assertThat(seconds).isGreaterThan(Math.pow(2, (index - 1) / 8.0) * (1 - 1e-9));
            });
  }

  @Test
  void whatIsBeyondTheLastBoundIsStillCounted() {
    BucketLayout layout = BucketLayout.SECONDS;
    assertThat(layout.cell(Long.MAX_VALUE)).isEqualTo(layout.cells() - 1);
    assertThat(layout.exponentialIndex(layout.cells() - 1)).isEqualTo(171);
    assertThat(layout.cell(-1)).isZero();
  }
}
