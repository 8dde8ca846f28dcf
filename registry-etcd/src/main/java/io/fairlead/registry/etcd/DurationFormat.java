package io.fairlead.registry.etcd;

import java.time.Duration;

/** Durations as people write them: {@code 30 s}. */
final class DurationFormat {
  private DurationFormat() {}

  static String format(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0 || millis % 1000 != 0) {
      return millis + " ms";
    }
    long seconds = millis / 1000;
    if (seconds % 3600 == 0) {
      return seconds / 3600 + " h";
    }
    return seconds % 60 == 0 ? seconds / 60 + " min" : seconds + " s";
  }
}
