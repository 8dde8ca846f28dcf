package io.fairlead.console;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.Locale;

/** Figures as people read them, and times of messages as values. */
final class Units {
  private Units() {}

  static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  static double seconds(Duration duration) {
    return duration.getSeconds() + duration.getNanos() / 1e9;
  }

  /** Returns a number of calls a second, such as {@code 12.5/s}. */
  static String rate(double perSecond) {
    return perSecond == 0
        ? "0/s"
        : String.format(Locale.ROOT, perSecond < 100 ? "%.1f/s" : "%.0f/s", perSecond);
  }

  /** Returns a share of calls, such as {@code 0.25%}. */
  static String percent(double share) {
    return share == 0 ? "0%" : String.format(Locale.ROOT, "%.2f%%", share * 100);
  }

  /** Returns a time in the unit that suits it, such as {@code 1.2ms}; a dash for none. */
  static String time(double seconds) {
    if (seconds <= 0) {
      return "-";
    }
    if (seconds < 1e-3) {
      return String.format(Locale.ROOT, "%.0fus", seconds * 1e6);
    }
    if (seconds < 1) {
      return String.format(Locale.ROOT, seconds < 0.1 ? "%.1fms" : "%.0fms", seconds * 1e3);
    }
    return String.format(Locale.ROOT, "%.1fs", seconds);
  }

  /** Returns an age in its two largest units, such as {@code 3h 12m}. */
  static String age(Instant since, Instant now) {
    long seconds = Math.max(0, java.time.Duration.between(since, now).toSeconds());
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3_600) {
      return seconds / 60 + "m " + seconds % 60 + "s";
    }
    if (seconds < 86_400) {
      return seconds / 3_600 + "h " + seconds % 3_600 / 60 + "m";
    }
    return seconds / 86_400 + "d " + seconds % 86_400 / 3_600 + "h";
  }
}
