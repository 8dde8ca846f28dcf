package io.fairlead.interop.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The matrix as a page: per area and direction one table, a row per case, a column per peer. */
final class Report {
  /** Below it stand versions and times, which differ from machine to machine. */
  static final String NOT_COMPARED = "## Versions";

  private Report() {}

  static String render(Matrix matrix, Map<String, String> versions, String today) {
    StringBuilder page = new StringBuilder();
    page.append("# Interop report\n\n");
    page.append(
        "Written by the tests of this module; do not edit. See [README.md](README.md).\n\n");
    page.append(totals(matrix.cells()));
    for (Area area : Area.values()) {
      List<Cell> cells = matrix.cells().stream().filter(cell -> cell.area() == area).toList();
      if (!cells.isEmpty()) {
        area(page, area, cells);
      }
    }
    page.append('\n').append(NOT_COMPARED).append("\n\n");
    versions.forEach((peer, version) -> page.append("- " + peer + ": " + version + "\n"));
    page.append("\n## Times\n\n");
    matrix.times().forEach((what, took) -> page.append("- " + what + ": " + took + "\n"));
    page.append("\nMade on ").append(today).append(".\n");
    return page.toString();
  }

  /** The part of a page that must be the same everywhere. */
  static List<String> compared(String page) {
    int end = page.indexOf("\n" + NOT_COMPARED);
    return (end < 0 ? page : page.substring(0, end)).strip().lines().toList();
  }

  private static String totals(Collection<Cell> cells) {
    Map<Verdict, Long> counts =
        cells.stream()
            .collect(Collectors.groupingBy(Cell::verdict, TreeMap::new, Collectors.counting()));
    return cells.size()
        + " cases: "
        + counts.entrySet().stream()
            .map(each -> each.getValue() + " " + each.getKey().text())
            .collect(Collectors.joining(", "))
        + ".\n";
  }

  private static void area(StringBuilder page, Area area, List<Cell> cells) {
    page.append("\n## ").append(area.title()).append("\n\n").append(area.about()).append('\n');
    for (Direction direction : Direction.values()) {
      List<Cell> some = cells.stream().filter(cell -> cell.direction() == direction).toList();
      if (!some.isEmpty()) {
        page.append("\n### ").append(direction.title()).append("\n\n");
        table(page, some);
      }
    }
  }

  private static void table(StringBuilder page, List<Cell> cells) {
    SortedSet<String> peers = new TreeSet<>(cells.stream().map(Cell::peer).toList());
    Map<String, Cell> byKey = new TreeMap<>();
    cells.forEach(cell -> byKey.put(cell.name() + "\n" + cell.peer(), cell));
    Map<String, Integer> reasons = new LinkedHashMap<>();
    page.append("| case | ").append(String.join(" | ", peers)).append(" |\n");
    page.append("|---".repeat(peers.size() + 1)).append("|\n");
    for (String name : names(cells)) {
      List<String> row = new ArrayList<>(List.of(name));
      for (String peer : peers) {
        Cell cell = byKey.get(name + "\n" + peer);
        row.add(cell == null ? "" : text(cell, reasons));
      }
      page.append("| ").append(String.join(" | ", row)).append(" |\n");
    }
    if (!reasons.isEmpty()) {
      page.append('\n');
      reasons.forEach((why, number) -> page.append(number + ". " + why + "\n"));
    }
  }

  private static String text(Cell cell, Map<String, Integer> reasons) {
    if (cell.reason().isEmpty()) {
      return cell.verdict().text();
    }
    Integer number = reasons.computeIfAbsent(cell.reason(), why -> reasons.size() + 1);
    return cell.verdict().text() + " (" + number + ")";
  }

  /** In the order of the suites; where two disagree, the one that lists a case earlier wins. */
  private static List<String> names(List<Cell> cells) {
    Map<String, Integer> positions = new TreeMap<>();
    cells.forEach(cell -> positions.merge(cell.name(), cell.position(), Math::min));
    return positions.entrySet().stream()
        .sorted(
            Map.Entry.<String, Integer>comparingByValue()
                .thenComparing(Comparator.comparing(Map.Entry::getKey)))
        .map(Map.Entry::getKey)
        .toList();
  }
}
