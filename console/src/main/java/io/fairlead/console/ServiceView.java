package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.Curve;
import io.fairlead.console.ProcessReport.Traffic;
import io.fairlead.discovery.Resolution;
import io.fairlead.management.WebException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One service: its endpoints, its methods, and who calls it. */
final class ServiceView implements View {
  @Override
  public JsonObject read(ViewRequest request) {
    FleetState fleet = request.fleet();
    String name = request.argument();
    Resolution found = fleet.services().get(name);
    if (found == null) {
      throw new WebException(
          404,
          "no service \"%s\" is in the registry; there is %s"
              .formatted(name, ViewRequest.listed(fleet.services().keySet())));
    }
    Set<String> processes = new HashSet<>();
    JsonObject page = new JsonObject();
    page.addProperty("view", "service");
    page.add("service", SystemView.service(request, name, found, processes));
    page.add("methods", methods(fleet, processes));
    page.add("callers", callers(fleet, name));
    ScalingView.of(fleet, name).ifPresent(scaling -> page.add("scaling", scaling));
    View.addProblems(page, request, List.of());
    return page;
  }

  private static JsonArray methods(FleetState fleet, Set<String> processes) {
    Map<String, Traffic> traffic = new TreeMap<>();
    for (ProcessReport report : fleet.processes().values()) {
      if (!processes.contains(report.address())) {
        continue;
      }
      for (Curve curve : report.curves()) {
        if (curve.getSide() == Call.Side.SERVER && ProcessReport.isApplication(curve.getMethod())) {
          traffic.computeIfAbsent(curve.getMethod(), made -> new Traffic()).add(curve);
        }
      }
    }
    JsonArray methods = new JsonArray();
    traffic.forEach(
        (method, figures) -> {
          JsonObject json = new JsonObject();
          json.addProperty("method", method);
          json.addProperty("inFlight", figures.inFlight());
          EndpointJson.addTraffic(json, figures);
          methods.add(json);
        });
    return methods;
  }

  private static JsonArray callers(FleetState fleet, String name) {
    Map<String, Traffic> callers = new TreeMap<>();
    for (ProcessReport report : fleet.processes().values()) {
      for (Curve curve : report.curves()) {
        if (curve.getSide() == Call.Side.CLIENT
            && ProcessReport.isApplication(curve.getMethod())
            && SystemView.serviceOf(curve.getTarget()).equals(name)) {
          callers.computeIfAbsent(report.name(), made -> new Traffic()).add(curve);
        }
      }
    }
    JsonArray array = new JsonArray();
    callers.forEach(
        (caller, figures) -> {
          JsonObject json = new JsonObject();
          json.addProperty("caller", caller);
          EndpointJson.addTraffic(json, figures);
          array.add(json);
        });
    return array;
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    TextTable endpoints = SystemView.endpointTable();
    View.rows(page.getAsJsonObject("service"), "endpoints")
        .forEach(each -> SystemView.addEndpoint(endpoints, each));
    endpoints.printTo(out);
    SystemView.printMore((int) View.number(page.getAsJsonObject("service"), "more"), out);
    TextTable methods =
        new TextTable(
            "METHOD", "RATE", "FAILED", "IN FLIGHT", "P50", "P90", "P99", "P99.9", "REJECTED");
    for (JsonObject row : View.rows(page, "methods")) {
      methods.add(
          View.text(row, "method"),
          View.rate(row),
          View.failures(row),
          View.text(row, "inFlight"),
          View.time(row, "p50"),
          View.time(row, "p90"),
          View.time(row, "p99"),
          View.time(row, "p999"),
          rejected(row.getAsJsonObject("rejected")));
    }
    out.append('\n');
    methods.printTo(out);
    TextTable callers = new TextTable("CALLER", "RATE", "FAILED", "P99");
    for (JsonObject row : View.rows(page, "callers")) {
      callers.add(
          View.text(row, "caller"), View.rate(row), View.failures(row), View.time(row, "p99"));
    }
    out.append('\n');
    callers.printTo(out);
    if (page.get("scaling") instanceof JsonObject scaling) {
      out.append('\n');
      ScalingView.printDecisions(scaling, out);
    }
  }

  static String rejected(JsonObject counts) {
    if (counts.size() == 0) {
      return "-";
    }
    StringBuilder text = new StringBuilder();
    counts
        .entrySet()
        .forEach(
            each ->
                text.append(text.isEmpty() ? "" : ", ")
                    .append(each.getKey())
                    .append(' ')
                    .append(each.getValue().getAsLong()));
    return text.toString();
  }
}
