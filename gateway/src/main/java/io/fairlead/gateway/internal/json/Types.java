package io.fairlead.gateway.internal.json;

/** Words for types in errors. */
final class Types {
  private Types() {}

  /** Returns a word with its article, such as "an int32" and "a uint32". */
  static String article(String word) {
    return ("aeio".indexOf(word.charAt(0)) >= 0 ? "an " : "a ") + word;
  }
}
