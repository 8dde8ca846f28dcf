package io.fairlead.internal;

/** Writes counts with their nouns, as in "1 call" and "2 calls". For regular nouns. */
public final class Plural {
  private Plural() {}

  /** Returns the count and the noun, as in {@code of(1, "call")}, which is "1 call". */
  public static String of(long count, String noun) {
    return count + " " + noun(count, noun);
  }

  /** Returns the noun alone, in the form that follows the count. */
  static String noun(long count, String noun) {
    if (count == 1) {
      return noun;
    }
    // Of the nouns in "y" that messages count, "day" alone has a vowel before it.
    return noun.endsWith("y") && !noun.endsWith("ay")
        ? noun.substring(0, noun.length() - 1) + "ies"
        : noun + "s";
  }
}
