package io.fairlead.codegen.emit;

import java.util.Arrays;
import java.util.List;

/** Turns what a contract says in comments into Javadoc that compiles whatever was said. */
final class Javadoc {
  private Javadoc() {}

  /**
   * The lines of the comment, without marks around them. Paragraphs, lists, fenced and indented
   * code become what Javadoc has for them.
   */
  static List<String> lines(String comment) {
    // protoc removes the star of each line of a block comment, but not that of the first one.
    String text = comment.replaceFirst("^\\*+", "").replace("\t", "    ");
    List<String> lines = Arrays.asList(text.split("\r\n|\r|\n", -1));
    int margin =
        lines.stream().filter(line -> !line.isBlank()).mapToInt(Javadoc::indent).min().orElse(0);
    JavadocMarkup markup = new JavadocMarkup();
    for (String line : lines) {
      markup.add(line.isBlank() ? "" : line.substring(margin).stripTrailing());
    }
    return markup.lines();
  }

  static int indent(String line) {
    int spaces = 0;
    while (spaces < line.length() && line.charAt(spaces) == ' ') {
      spaces++;
    }
    return spaces;
  }

  /** One line with everything that means something to Javadoc or to the compiler made harmless. */
  static String escape(String line) {
    StringBuilder text = new StringBuilder();
    line.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> text.append("&amp;");
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '@', '\\' -> entity(text, c);
                case '*' -> append(text, c, '/');
                case '/' -> append(text, c, '*');
                default -> {
                  if (turnsText(c)) {
                    entity(text, c);
                  } else if (Character.isISOControl(c) || isHalfOfAPair(c)) {
                    text.append('?');
                  } else {
                    text.appendCodePoint(c);
                  }
                }
              }
            });
    return text.toString();
  }

  /** The character, as an entity where it would begin or end a comment with the one before it. */
  private static void append(StringBuilder text, int c, char before) {
    if (!text.isEmpty() && text.charAt(text.length() - 1) == before) {
      entity(text, c);
    } else {
      text.appendCodePoint(c);
    }
  }

  private static void entity(StringBuilder text, int c) {
    text.append("&#").append(c).append(';');
  }

  /** Whether it changes the direction of what follows, code behind the comment included. */
  private static boolean turnsText(int c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  }

  private static boolean isHalfOfAPair(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }
}
