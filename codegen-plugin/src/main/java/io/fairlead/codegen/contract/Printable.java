package io.fairlead.codegen.contract;

/** Text of a contract as it may be printed: on one line, and in the order in which it is stored. */
public final class Printable {
  private Printable() {}

  /** The text, with an escape in place of each character that cannot be seen. */
  public static String of(String text) {
    StringBuilder printable = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> printable.append("\\n");
                case '\r' -> printable.append("\\r");
                case '\t' -> printable.append("\\t");
                default -> {
                  if (isVisible(c)) {
                    printable.appendCodePoint(c);
                  } else {
                    printable.append(String.format("\\u%04x", c));
                  }
                }
              }
            });
    return printable.toString();
  }

  /**
   * Whether the character is seen where it stands. Control characters are not, nor are those that
   * change the direction of what follows, nor half of a surrogate pair.
   */
  public static boolean isVisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
