package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Registration;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the registry has, row by row, and what the process of each row says of its registration. */
final class RegistryView implements View {
  @Override
  public JsonObject read(ViewRequest request) {
    JsonArray lists = new JsonArray();
    JsonArray rows = new JsonArray();
    String wanted = request.parameter("find").toLowerCase(Locale.ROOT);
    int limit = request.limit(4 * SystemView.ENDPOINTS);
    int fitting = 0;
    for (Map.Entry<String, Resolution> each : request.fleet().services().entrySet()) {
      lists.add(list(each.getKey(), each.getValue()));
      for (Endpoint endpoint : request.fleet().endpoints(each.getKey())) {
        JsonObject row = row(each.getKey(), endpoint, request);
        if (SystemView.matches(row, wanted)) {
          fitting++;
          if (rows.size() < limit) {
            rows.add(row);
          }
        }
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "registry");
    page.add("lists", lists);
    page.add("rows", rows);
    page.addProperty("more", fitting - rows.size());
    View.addProblems(page, request, List.of());
    return page;
  }

  private static JsonObject list(String service, Resolution found) {
    JsonObject json = new JsonObject();
    json.addProperty("service", service);
    if (found instanceof Resolution.Bound bound) {
      json.addProperty("endpoints", bound.snapshot().endpoints().size());
      json.addProperty("revision", bound.snapshot().revision());
      json.addProperty("list", words(bound.freshness().name()));
    } else if (found instanceof Resolution.Absent absent) {
      json.addProperty("endpoints", 0);
      json.addProperty("revision", absent.revision());
      json.addProperty("list", "empty");
    } else {
      json.addProperty("endpoints", 0);
      json.addProperty(
          "list", found instanceof Resolution.Failed failed ? failed.reason() : "not yet read");
    }
    return json;
  }

  private static JsonObject row(String service, Endpoint endpoint, ViewRequest request) {
    JsonObject json = new JsonObject();
    json.addProperty("service", service);
    json.addProperty("id", endpoint.id());
    json.addProperty(
        "process",
        endpoint.addresses().stream()
            .map(Address::toString)
            .distinct()
            .collect(Collectors.joining(" ")));
    json.addProperty("version", endpoint.version().orElse(""));
    json.addProperty("zone", endpoint.zone().orElse(""));
    json.addProperty("weight", endpoint.weight());
    json.addProperty("draining", endpoint.draining());
    json.addProperty(
        "age",
        endpoint.startedAt().map(start -> Units.age(start, request.fleet().at())).orElse(""));
    StringBuilder tags = new StringBuilder();
    new TreeMap<>(endpoint.tags())
        .forEach(
            (name, value) ->
                tags.append(tags.isEmpty() ? "" : " ").append(name).append('=').append(value));
    json.addProperty("tags", tags.toString());
    ProcessReport report = request.fleet().process(endpoint);
    Registration own =
        report
            .server(service, endpoint.id())
            .map(each -> each.getRegistration())
            .orElse(Registration.getDefaultInstance());
    json.addProperty("state", words(own.getState()));
    json.addProperty(
        "held",
        own.hasSince() ? Units.age(Units.instant(own.getSince()), request.fleet().at()) : "");
    json.addProperty(
        "detail", report.problem() == null ? own.getDetail() : report.problem().text());
    return json;
  }

  private static String words(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    TextTable lists = new TextTable("SERVICE", "ENDPOINTS", "LIST", "REVISION");
    for (JsonObject each : View.rows(page, "lists")) {
      lists.add(
          View.text(each, "service"),
          View.text(each, "endpoints"),
          View.text(each, "list"),
          View.text(each, "revision"));
    }
    TextTable rows =
        new TextTable(
            "KEY",
            "ADDRESSES",
            "AGE",
            "REGISTRATION",
            "FOR",
            "WEIGHT",
            "DRAINING",
            "TAGS",
            "DETAIL");
    for (JsonObject each : View.rows(page, "rows")) {
      rows.add(
          View.text(each, "service") + "/" + View.text(each, "id"),
          View.text(each, "process"),
          View.text(each, "age"),
          View.text(each, "state"),
          View.text(each, "held"),
          View.text(each, "weight"),
          each.get("draining").getAsBoolean() ? "yes" : "no",
          View.text(each, "tags"),
          View.text(each, "detail"));
    }
    lists.printTo(out);
    out.append('\n');
    rows.printTo(out);
    SystemView.printMore((int) View.number(page, "more"), out);
    if (View.rows(page, "lists").isEmpty()) {
      out.append("no services\n");
    }
  }
}
