package io.fairlead.gateway.internal.json;

/**
 * What is wrong with a JSON text, and where. Without a stack trace, as a caller's text causes it.
 */
final class JsonFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int at;
  private final boolean grammar;

  private JsonFault(int at, boolean grammar, String why) {
    super(why, null, false, false);
    this.at = at;
    this.grammar = grammar;
  }

  /** A value that does not fit the contract. */
  static JsonFault value(int at, String why) {
    return new JsonFault(at, false, why);
  }

  /** A text that is not JSON. */
  static JsonFault grammar(int at, String why) {
    return new JsonFault(at, true, why);
  }

  /** Returns the offset of the byte at which the text is wrong. */
  int at() {
    return at;
  }

  /** Returns whether the text is not JSON at all. */
  boolean isGrammar() {
    return grammar;
  }
}
