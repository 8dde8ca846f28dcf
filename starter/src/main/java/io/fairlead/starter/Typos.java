package io.fairlead.starter;

import java.util.Comparator;
import java.util.List;

/** Finds the name that was perhaps meant. */
final class Typos {
  private Typos() {}

  /** Returns {@code ; did you mean X?}, or else all names. */
  static String suggestion(String typed, List<String> known) {
    // What all names begin with says nothing; of the rest, half may be wrong, and three letters.
    int bound = Math.min(3, (typed.length() - Variable.PREFIX.length() + 1) / 2);
    return known.stream()
        .min(Comparator.comparingInt(each -> score(typed, each)))
        .filter(each -> score(typed, each) <= bound)
        .map(each -> "; did you mean " + each + "?")
        .orElseGet(() -> "; there are " + String.join(", ", known));
  }

  /** A name that is cut short is as near as a slip. */
  private static int score(String typed, String known) {
    boolean part = typed.length() >= Variable.PREFIX.length() + 3 && known.startsWith(typed);
    return part ? 1 : distance(typed, known);
  }

  /** How many letters are added, left out or changed. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
