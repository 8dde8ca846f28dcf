package io.fairlead.registry.etcd;

import java.math.BigDecimal;
import java.time.Duration;

/**
 * Durations in messages, to the millisecond: {@code 30s}, {@code 250ms}, {@code 1.5s}. The runtime
 * writes them in the same style, but its formatter is internal to it.
 */
final class DurationFormat {
  private DurationFormat() {}

  static String format(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return "0s";
    }
    if (millis % 3_600_000 == 0) {
      return millis / 3_600_000 + "h";
    }
    if (millis % 60_000 == 0) {
      return millis / 60_000 + "m";
    }
    return millis < 1_000
        ? millis + "ms"
        : BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString() + "s";
  }
}
