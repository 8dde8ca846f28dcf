package io.fairlead.samples.aiplatform.assistant;

/** The characters of the model: ASCII that can be printed, and the end of a line. */
final class Alphabet {
  /** One more than the largest symbol; 0 is none. */
  static final int SIZE = 97;

  private static final int NEWLINE = 96;

  private Alphabet() {}

  /** Returns the symbols of a text; what is no character of the model is a question mark. */
  static byte[] symbols(String text) {
    byte[] symbols = new byte[text.length()];
    for (int i = 0; i < symbols.length; i++) {
      char each = text.charAt(i);
      if (each == '\n') {
        symbols[i] = NEWLINE;
      } else {
        symbols[i] = (byte) ((each >= ' ' && each <= '~' ? each : '?') - ' ' + 1);
      }
    }
    return symbols;
  }

  static char character(int symbol) {
    return symbol == NEWLINE ? '\n' : (char) (symbol - 1 + ' ');
  }
}
