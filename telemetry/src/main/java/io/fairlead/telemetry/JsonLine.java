package io.fairlead.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes flat JSON objects without a line break, one after the other. Fields without a value are
 * left out. Each thread has one, so that a line costs no more memory than its text.
 */
final class JsonLine {
  private static final String HEX = "0123456789abcdef";
  private static final ThreadLocal<JsonLine> OF_THREAD = ThreadLocal.withInitial(JsonLine::new);

  /** A longer line, as with a long message, takes its memory with it. */
  private static final int MAX_KEPT = 8 << 10;

  private StringBuilder text = new StringBuilder();

  /** The second of the line before, and how it is written. */
  private long second = Long.MIN_VALUE;

  private String secondText = "";

  private JsonLine() {}

  /** Begins a line on this thread; the one before has ended. */
  static JsonLine begin() {
    JsonLine line = OF_THREAD.get();
    if (line.text.capacity() > MAX_KEPT) {
      line.text = new StringBuilder();
    }
    line.text.setLength(0);
    line.text.append('{');
    return line;
  }

  JsonLine add(String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      name(name).append('"');
      escape(value);
      text.append('"');
    }
    return this;
  }

  JsonLine add(String name, Optional<String> value) {
    return add(name, value.orElse(null));
  }

  JsonLine add(String name, long value) {
    name(name).append(value);
    return this;
  }

  /** Adds a time as {@link Instant#toString} writes it. */
  JsonLine add(String name, Instant time) {
    if (time.getEpochSecond() != second) {
      second = time.getEpochSecond();
      String whole = Instant.ofEpochSecond(second).toString();
      secondText = whole.substring(0, whole.length() - 1);
    }
    name(name).append('"').append(secondText);
    int nanos = time.getNano();
    if (nanos != 0) {
      // In groups of three digits, without those that are zero at the end.
      int digits = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
      text.append('.');
      for (int i = 0, unit = 100_000_000; i < digits; i++, unit /= 10) {
        text.append((char) ('0' + nanos / unit % 10));
      }
    }
    text.append("Z\"");
    return this;
  }

  /** Adds an id of 16 hexadecimal digits. */
  JsonLine hex(String name, long id) {
    name(name).append('"');
    digits(id);
    text.append('"');
    return this;
  }

  /** Adds an id of 32 hexadecimal digits. */
  JsonLine hex(String name, long high, long low) {
    name(name).append('"');
    digits(high);
    digits(low);
    text.append('"');
    return this;
  }

  private void digits(long id) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      text.append(HEX.charAt((int) (id >>> shift) & 15));
    }
  }

  /** Adds milliseconds, with microseconds behind the point. */
  JsonLine millis(String name, Duration time) {
    long micros = time.toNanos() / 1_000;
    name(name).append(micros < 0 ? "-" : "").append(Math.abs(micros) / 1_000);
    long rest = Math.abs(micros) % 1_000;
    if (rest != 0) {
      text.append('.').append(rest < 100 ? "0" : "").append(rest < 10 ? "0" : "").append(rest);
    }
    return this;
  }

  String end() {
    return text.append('}').toString();
  }

  private StringBuilder name(String name) {
    return text.append(text.length() > 1 ? "," : "").append('"').append(name).append("\":");
  }

  private void escape(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          // Line separators of Unicode would break a line for some readers.
          if (c < ' ' || c == '\u007f' || c == '\u2028' || c == '\u2029') {
            text.append("\\u").append(HEX.charAt(c >> 12)).append(HEX.charAt((c >> 8) & 15));
            text.append(HEX.charAt((c >> 4) & 15)).append(HEX.charAt(c & 15));
          } else {
            text.append(c);
          }
        }
      }
    }
  }
}
