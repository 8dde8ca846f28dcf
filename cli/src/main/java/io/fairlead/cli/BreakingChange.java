package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Comparator;

/**
 * A change that breaks a rule.
 *
 * @param file the path of the contract, as others import it
 * @param line counted from 1; 1 if what is meant is no longer there
 * @param column counted from 1
 */
record BreakingChange(String file, int line, int column, BreakingRule rule, String text) {
  static final Comparator<BreakingChange> ORDER =
      Comparator.comparing(BreakingChange::file)
          .thenComparing(BreakingChange::line)
          .thenComparing(BreakingChange::column)
          .thenComparing(BreakingChange::rule)
          .thenComparing(BreakingChange::text);

  String message() {
    return file + ":" + line + ":" + column + ": " + rule + ": " + text + "; " + rule.wayOut();
  }

  JsonObject json() {
    JsonObject object = new JsonObject();
    object.addProperty("file", file);
    object.addProperty("line", line);
    object.addProperty("column", column);
    object.addProperty("rule", rule.name());
    JsonArray categories = new JsonArray();
    rule.categories().forEach(each -> categories.add(each.name()));
    object.add("categories", categories);
    object.addProperty("text", text);
    object.addProperty("wayOut", rule.wayOut());
    return object;
  }
}
