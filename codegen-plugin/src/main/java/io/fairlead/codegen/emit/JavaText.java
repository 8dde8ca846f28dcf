package io.fairlead.codegen.emit;

/**
 * Text that goes into Java source: all of it is ASCII, and none of it can end what it stands in.
 */
final class JavaText {
  private JavaText() {}

  /** A string literal. */
  static String literal(String value) {
    StringBuilder text = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (isPrintable(c)) {
            text.append(c);
          } else {
            text.append(String.format("\\u%04x", (int) c));
          }
        }
      }
    }
    return text.append('"').toString();
  }

  /** A line of a text block; quotes stand as they are, as no line of ours has three in a row. */
  static String textBlockLine(String line) {
    return line.replace("\\", "\\\\");
  }

  /** Words for a line comment, where an odd character does not matter. */
  static String lineComment(String text) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      safe.append(isPrintable(c) && c != '\\' ? c : '?');
    }
    return safe.toString();
  }

  static boolean isPrintable(int c) {
    return c >= ' ' && c <= '~';
  }
}
