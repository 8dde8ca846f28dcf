package io.fairlead.codegen.emit;

import java.util.ArrayList;
import java.util.List;

/** Turns what a contract says in comments into Javadoc that compiles whatever was said. */
final class Javadoc {
  private Javadoc() {}

  /** The lines of the comment, without marks around them; paragraphs begin with {@code <p>}. */
  static List<String> lines(String comment) {
    List<String> lines = new ArrayList<>();
    boolean paragraphEnded = false;
    for (String raw : comment.split("\r\n|\r|\n", -1)) {
      String line = raw.strip();
      if (line.isEmpty()) {
        paragraphEnded = !lines.isEmpty();
        continue;
      }
      if (paragraphEnded) {
        lines.add("");
        lines.add("<p>" + escape(line));
      } else {
        lines.add(escape(line));
      }
      paragraphEnded = false;
    }
    return lines;
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
                case '@', '\\', '*', '/' -> entity(text, c, needsEntity(text, c));
                case '\t' -> text.append("  ");
                default -> entity(text, c, !JavaText.isPrintable(c));
              }
            });
    return text.toString();
  }

  /** A star or a slash alone is easier to read as it is. */
  private static boolean needsEntity(StringBuilder before, int c) {
    if (c == '@' || c == '\\') {
      return true;
    }
    char last = before.isEmpty() ? ' ' : before.charAt(before.length() - 1);
    return before.isEmpty() || (c == '/' ? last == '*' : last == '/');
  }

  private static void entity(StringBuilder text, int c, boolean needed) {
    if (!needed) {
      text.appendCodePoint(c);
    } else if (c >= ' ' && c != 0x7f && !isUnspeakable(c)) {
      text.append("&#").append(c).append(';');
    } else {
      text.append('?');
    }
  }

  /** Half of a surrogate pair, or a control character: HTML has no number for it. */
  private static boolean isUnspeakable(int c) {
    return (c >= 0xd800 && c <= 0xdfff) || (c >= 0x80 && c <= 0x9f);
  }
}
