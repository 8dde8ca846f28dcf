package io.fairlead.docs.structure;

import java.util.ArrayList;
import java.util.List;

/** The lines in which two listings differ, each below the head of its type. */
final class LineDiff {
  private LineDiff() {}

  static String of(String before, String after) {
    List<String> old = before.lines().toList();
    List<String> now = after.lines().toList();
    int[][] common = new int[old.size() + 1][now.size() + 1];
    for (int i = old.size() - 1; i >= 0; i--) {
      for (int j = now.size() - 1; j >= 0; j--) {
        common[i][j] =
            old.get(i).equals(now.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    List<String> lines = new ArrayList<>();
    String head = "";
    int i = 0;
    int j = 0;
    while (i < old.size() || j < now.size()) {
      if (i < old.size() && j < now.size() && old.get(i).equals(now.get(j))) {
        head = isHead(old.get(i)) ? old.get(i) : head;
        i++;
        j++;
        continue;
      }
      boolean gone = j == now.size() || (i < old.size() && common[i + 1][j] >= common[i][j + 1]);
      String line = gone ? old.get(i++) : now.get(j++);
      if (isHead(line)) {
        head = "";
      } else if (!head.isEmpty() && !line.isEmpty()) {
        lines.add("  " + head);
        head = "";
      }
      if (!line.isEmpty()) {
        lines.add((gone ? "- " : "+ ") + line);
      }
    }
    return String.join("\n", lines);
  }

  private static boolean isHead(String line) {
    return !line.isEmpty() && !line.startsWith(" ");
  }
}
