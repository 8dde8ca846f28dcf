package io.fairlead.telemetry;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes one flat JSON object without a line break. Fields without a value are left out. */
final class JsonLine {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder text = new StringBuilder(400).append('{');

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
