package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many instances the scaler of each service wants, why, and what it decided before: as the
 * scalers announce it in the registry.
 */
final class ScalingView implements View {
  /** Before the name of a service: the entry of its scaler. */
  private static final String DECISIONS = "fairlead-scaling-";

  /** Before the name of a service: the entries of clients whose calls wait. */
  private static final String WAITING = "fairlead-waiting-";

  /** The tag that has all of it. */
  private static final String PAGE = "load";

  /** A scaler announces no more; whoever else writes there might. */
  private static final int DECISIONS_SHOWN = 20;

  /** Figures of an announcement that are shown as they are. */
  private static final List<String> FIGURES =
      List.of("L", "C", "ready", "pending", "waiting", "want");

  /** Returns whether a name in the registry is that of entries which are no endpoints. */
  static boolean isNote(String name) {
    return name.startsWith(DECISIONS) || name.startsWith(WAITING);
  }

  @Override
  public JsonObject read(ViewRequest request) {
    FleetState fleet = request.fleet();
    JsonArray services = new JsonArray();
    for (Map.Entry<String, Resolution> each : fleet.notes().entrySet()) {
      if (each.getKey().startsWith(DECISIONS)) {
        of(fleet, each.getKey().substring(DECISIONS.length())).ifPresent(services::add);
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "scaling");
    page.add("services", services);
    View.addProblems(page, request, List.of());
    return page;
  }

  /** Returns what the scaler of a service announces; empty without one that can be read. */
  static Optional<JsonObject> of(FleetState fleet, String service) {
    if (!(fleet.notes().get(DECISIONS + service) instanceof Resolution.Bound bound)) {
      return Optional.empty();
    }
    JsonObject newest = null;
    Instant newestAt = Instant.MIN;
    for (Endpoint entry : bound.snapshot().endpoints()) {
      JsonObject announced = parsed(entry.tags().getOrDefault(PAGE, ""));
      Instant at = announced == null ? null : instant(announced);
      // A decider that was killed stays until its lease ends, beside its successor.
      if (announced != null && at != null && at.isAfter(newestAt)) {
        newest = announced;
        newestAt = at;
      }
    }
    if (newest == null) {
      return Optional.empty();
    }
    JsonObject row = new JsonObject();
    row.addProperty("service", service);
    row.addProperty("listed", fleet.services().containsKey(service));
    row.addProperty("at", newestAt.toString());
    row.addProperty("age", Units.age(newestAt, fleet.at()));
    for (String figure : FIGURES) {
      copyNumber(newest, row, figure);
    }
    row.addProperty("unknown", words(newest, "unknown"));
    row.addProperty("why", words(newest, "why"));
    row.add("decisions", decisions(newest));
    return Optional.of(row);
  }

  private static JsonArray decisions(JsonObject announced) {
    List<JsonObject> rows = new ArrayList<>();
    if (announced.get("decisions") instanceof JsonArray all) {
      for (JsonElement each : all) {
        if (each instanceof JsonObject decision && instant(decision) != null) {
          JsonObject row = new JsonObject();
          row.addProperty("at", words(decision, "at"));
          copyNumber(decision, row, "running");
          copyNumber(decision, row, "want");
          row.addProperty("kind", words(decision, "kind"));
          row.addProperty("why", words(decision, "why"));
          rows.add(row);
        }
      }
    }
    Collections.reverse(rows);
    JsonArray newestFirst = new JsonArray();
    rows.stream().limit(DECISIONS_SHOWN).forEach(newestFirst::add);
    return newestFirst;
  }

  private static @Nullable JsonObject parsed(String text) {
    try {
      return JsonParser.parseString(text) instanceof JsonObject object ? object : null;
    } catch (JsonParseException e) {
      return null;
    }
  }

  private static @Nullable Instant instant(JsonObject announced) {
    try {
      return Instant.parse(words(announced, "at"));
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static String words(JsonObject from, String name) {
    JsonElement value = from.get(name);
    return value != null && value.isJsonPrimitive() ? value.getAsString() : "";
  }

  private static void copyNumber(JsonObject from, JsonObject to, String name) {
    JsonElement value = from.get(name);
    if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
      to.add(name, value);
    }
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    TextTable wanted =
        new TextTable(
            "SERVICE", "WANT", "READY", "STARTING", "LOAD", "CAPACITY", "WAITING", "AGE", "WHY");
    for (JsonObject each : View.rows(page, "services")) {
      wanted.add(
          View.text(each, "service"),
          View.text(each, "want"),
          View.text(each, "ready"),
          View.text(each, "pending"),
          figure(each, "L", "unknown"),
          figure(each, "C", "-"),
          View.text(each, "waiting"),
          View.text(each, "age"),
          View.text(each, "why"));
    }
    wanted.printTo(out);
    for (JsonObject each : View.rows(page, "services")) {
      out.append('\n');
      printDecisions(each, out);
    }
    if (View.rows(page, "services").isEmpty()) {
      out.append("no scaler announces itself; \"fairlead scale\" does\n");
    }
  }

  /** Prints what the scaler of one service decided, the newest first. */
  static void printDecisions(JsonObject service, StringBuilder out) {
    TextTable decisions = new TextTable("SERVICE", "DECIDED", "RUNNING", "WANT", "KIND", "WHY");
    for (JsonObject each : View.rows(service, "decisions")) {
      decisions.add(
          View.text(service, "service"),
          View.text(each, "at"),
          View.text(each, "running"),
          View.text(each, "want"),
          View.text(each, "kind"),
          View.text(each, "why"));
    }
    decisions.printTo(out);
  }

  private static String figure(JsonObject row, String name, String otherwise) {
    return row.has(name) ? String.format(Locale.ROOT, "%.1f", View.number(row, name)) : otherwise;
  }
}
