package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** One view: its figures as JSON, and the same as text for a terminal. */
interface View {
  /**
   * Reads the figures.
   *
   * @throws io.fairlead.management.WebException if what is asked for is not there
   */
  JsonObject read(ViewRequest request);

  /** Prints what was read. */
  void print(JsonObject page, StringBuilder out);

  /** Adds the problems of processes to a page, once each. */
  static void addProblems(JsonObject page, ViewRequest request, List<Problem> more) {
    JsonArray problems = new JsonArray();
    List<String> seen = new ArrayList<>();
    if (request.fleet().registryProblem() != null) {
      seen.add(request.fleet().registryProblem());
    }
    for (ProcessReport report : request.fleet().processes().values()) {
      if (report.problem() != null) {
        seen.add(report.problem().text());
      }
    }
    more.forEach(each -> seen.add(each.text()));
    seen.stream().distinct().forEach(problems::add);
    page.add("problems", problems);
  }

  /** Prints the problems of a page, if it has any. */
  static void printProblems(JsonObject page, StringBuilder out) {
    for (JsonElement each : page.getAsJsonArray("problems")) {
      out.append("! ").append(TextTable.clean(each.getAsString())).append('\n');
    }
  }

  /** Returns the objects of an array. */
  static List<JsonObject> rows(JsonObject page, String name) {
    List<JsonObject> rows = new ArrayList<>();
    for (JsonElement each : page.getAsJsonArray(name)) {
      rows.add(each.getAsJsonObject());
    }
    return rows;
  }

  static String text(JsonObject row, String name) {
    JsonElement value = row.get(name);
    return value == null || value.isJsonNull() || value.getAsString().isEmpty()
        ? "-"
        : value.getAsString();
  }

  static double number(JsonObject row, String name) {
    JsonElement value = row.get(name);
    return value == null || value.isJsonNull() ? 0 : value.getAsDouble();
  }

  static String rate(JsonObject row) {
    return row.has("rate") ? Units.rate(number(row, "rate")) : "-";
  }

  static String failures(JsonObject row) {
    return row.has("failures") ? Units.percent(number(row, "failures")) : "-";
  }

  static String time(JsonObject row, String name) {
    return Units.time(number(row, name));
  }
}
