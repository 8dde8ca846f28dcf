package io.fairlead.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds what was perhaps meant by a word that is not known. */
final class Suggestions {
  private static final int MOST = 3;
  private static final int MOST_LISTED = 8;

  private Suggestions() {}

  /** Returns {@code ; did you mean "x" or "y"?}, or nothing if no word is similar. */
  static String forTypo(String typed, Collection<String> known) {
    List<String> close = closest(typed, known);
    return close.isEmpty()
        ? ""
        : "; did you mean "
            + close.stream().map(each -> '"' + each + '"').collect(Collectors.joining(" or "))
            + "?";
  }

  /** Returns the same, or the words there are if none is similar. */
  static String forName(String typed, Collection<String> known) {
    String meant = forTypo(typed, known);
    if (!meant.isEmpty()) {
      return meant;
    }
    if (known.isEmpty()) {
      return "; there is none";
    }
    String some = known.stream().sorted().limit(MOST_LISTED).collect(Collectors.joining(", "));
    return "; there is " + some + (known.size() > MOST_LISTED ? " and so on" : "");
  }

  /** Returns similar words, the most similar first. */
  static List<String> closest(String typed, Collection<String> known) {
    String lower = typed.toLowerCase(Locale.ROOT);
    // One slip in three letters, and at least one.
    int bound = Math.max(1, lower.length() / 3);
    record Scored(String word, int distance) {}
    List<Scored> close =
        known.stream()
            .map(word -> new Scored(word, score(lower, word.toLowerCase(Locale.ROOT))))
            .filter(each -> each.distance() <= bound)
            .sorted(Comparator.comparingInt(Scored::distance).thenComparing(Scored::word))
            .toList();
    return close.stream()
        // Of long words, several are within the bound, and only the nearest are meant.
        .filter(each -> each.distance() <= close.get(0).distance() + 1)
        .limit(MOST)
        .map(Scored::word)
        .toList();
  }

  /** A word that is only the end or the beginning of a longer one is as near as a slip. */
  private static int score(String typed, String word) {
    boolean part = typed.length() >= 3 && (word.startsWith(typed) || word.endsWith(typed));
    return part ? 1 : distance(typed, word);
  }

  /** How many letters were added, left out, changed or swapped with their neighbor. */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = least;
      }
    }
    return cost[a.length()][b.length()];
  }
}
