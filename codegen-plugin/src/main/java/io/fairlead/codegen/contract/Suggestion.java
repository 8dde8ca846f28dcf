package io.fairlead.codegen.contract;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that somebody probably meant. */
public final class Suggestion {
  private Suggestion() {}

  /** The question with the nearest word and a space behind it, or nothing if no word is near. */
  public static String didYouMean(String word, Collection<String> known) {
    return nearest(word, known).map(near -> "did you mean \"" + near + "\"? ").orElse("");
  }

  /** Of several equally near words the first. */
  static Optional<String> nearest(String word, Collection<String> known) {
    String plain = plain(word);
    int limit = plain.length() < 3 ? 0 : Math.max(1, plain.length() / 3);
    Optional<String> nearest = Optional.empty();
    for (String each : known) {
      int distance = distance(plain, plain(each));
      if (distance <= limit) {
        nearest = Optional.of(each);
        limit = distance - 1;
      }
    }
    return nearest;
  }

  private static String plain(String word) {
    return word.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
  }

  /** How many letters must be changed, added or removed. */
  private static int distance(String from, String to) {
    int[] above = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int changed = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[to.length()];
  }
}
