package io.fairlead.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** Lines of {@code key=value} words, in which the processes talk to each other. */
final class Fields {
  private Fields() {}

  static Map<String, String> parse(String line) {
    return Arrays.stream(line.trim().split(" ", -1))
        .map(word -> word.split("=", 2))
        .filter(pair -> pair.length == 2)
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  static String text(Map<String, String> fields, String key) {
    String value = fields.get(key);
    if (value == null) {
      throw new IllegalArgumentException("No field \"" + key + "\" in " + fields);
    }
    return value;
  }

  static long number(Map<String, String> fields, String key) {
    return Long.parseLong(text(fields, key));
  }
}
