package io.fairlead.cli;

import com.google.protobuf.Timestamp;
import io.fairlead.balance.BalancerConfigReader;
import java.time.Duration;
import java.time.Instant;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as people type and read them. */
final class Times {
  private Times() {}

  /** Reads {@code 500ms}, {@code 30s} or {@code 5m}. */
  static final class Converter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Duration duration = BalancerConfigReader.parseDuration(text);
      if (duration == null || duration.isZero() || duration.isNegative()) {
        throw new TypeConversionException(
            "\"" + text + "\" is not a duration; write it like 500ms, 30s or 5m");
      }
      return duration;
    }
  }

  static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  /** Returns an age in its two largest units, such as {@code 3h 12m}. */
  static String age(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return seconds / 60 + "m " + seconds % 60 + "s";
    }
    if (seconds < 86_400) {
      return seconds / 3600 + "h " + seconds % 3600 / 60 + "m";
    }
    return seconds / 86_400 + "d " + seconds % 86_400 / 3600 + "h";
  }
}
