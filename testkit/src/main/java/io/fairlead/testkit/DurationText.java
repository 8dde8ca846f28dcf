package io.fairlead.testkit;

import java.math.BigDecimal;
import java.time.Duration;

/**
 * Durations in messages, as contracts write them: {@code 300ms}, {@code 1.5s}, {@code 2h}. The
 * runtime has the same, but its tests depend on this module.
 */
final class DurationText {
  private DurationText() {}

  static String format(Duration duration) {
    if (duration.isNegative()) {
      return "-" + format(duration.negated());
    }
    long seconds = duration.getSeconds();
    int nanos = duration.getNano();
    if (seconds > 0) {
      return nanos == 0 ? whole(seconds) : decimal(seconds, nanos, 9) + "s";
    }
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    return nanos < 1_000_000 ? decimal(0, nanos, 3) + "us" : decimal(0, nanos, 6) + "ms";
  }

  private static String whole(long seconds) {
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private static String decimal(long seconds, int nanos, int scale) {
    return BigDecimal.valueOf(nanos, scale)
        .add(BigDecimal.valueOf(seconds))
        .stripTrailingZeros()
        .toPlainString();
  }
}
