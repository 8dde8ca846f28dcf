package io.fairlead.codegen.emit;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Writes maps, lists, strings, numbers and booleans as indented ASCII JSON; small things stay on
 * one line.
 */
final class Json {
  private static final int WIDTH = 80;

  private Json() {}

  static String write(Object value) {
    return text(value, 0) + "\n";
  }

  private static String text(Object value, int indent) {
    if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach(
          (key, member) ->
              members.add(string(String.valueOf(key)) + ": " + text(member, indent + 2)));
      return block("{", members, "}", indent);
    }
    if (value instanceof Collection<?> list) {
      List<String> elements = new ArrayList<>();
      list.forEach(element -> elements.add(text(element, indent + 2)));
      return block("[", elements, "]", indent);
    }
    if (value instanceof Number number) {
      return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
    }
    return value instanceof String string ? string(string) : String.valueOf(value);
  }

  private static String block(String open, List<String> parts, String close, int indent) {
    if (parts.isEmpty()) {
      return open + close;
    }
    String oneLine = open + " " + String.join(", ", parts) + " " + close;
    if (indent > 0 && !oneLine.contains("\n") && indent + oneLine.length() <= WIDTH) {
      return oneLine;
    }
    String margin = " ".repeat(indent);
    return open + "\n  " + margin + String.join(",\n  " + margin, parts) + "\n" + margin + close;
  }

  private static String string(String value) {
    StringBuilder text = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (JavaText.isPrintable(c)) {
        text.append(c);
      } else {
        text.append(String.format("\\u%04x", (int) c));
      }
    }
    return text.append('"').toString();
  }
}
