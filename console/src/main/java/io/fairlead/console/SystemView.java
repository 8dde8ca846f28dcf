package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.Curve;
import io.fairlead.console.ProcessReport.Traffic;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** All services and their endpoints, and who calls whom. */
final class SystemView implements View {
  /** So many endpoints of a service are shown, if no parameter says how many. */
  static final int ENDPOINTS = 50;

  private static final List<String> SEARCHED =
      List.of("service", "id", "process", "state", "version", "zone");

  /** Who calls, and who is called. */
  private record Edge(String from, String to) implements Comparable<Edge> {
    @Override
    public int compareTo(Edge other) {
      int byFrom = from.compareTo(other.from);
      return byFrom != 0 ? byFrom : to.compareTo(other.to);
    }
  }

  @Override
  public JsonObject read(ViewRequest request) {
    FleetState fleet = request.fleet();
    Set<String> shown = new HashSet<>();
    JsonArray services = new JsonArray();
    fleet.services().forEach((name, found) -> services.add(service(request, name, found, shown)));
    JsonArray others = new JsonArray();
    for (ProcessReport report : fleet.processes().values()) {
      if (!shown.contains(report.address())) {
        others.add(EndpointJson.of(report));
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "system");
    page.add("services", services);
    page.add("processes", others);
    page.add("edges", edges(fleet));
    View.addProblems(page, request, List.of());
    return page;
  }

  /** Shows a service, with the endpoints that the parameters find and limit; all are counted. */
  static JsonObject service(ViewRequest request, String name, Resolution found, Set<String> shown) {
    FleetState fleet = request.fleet();
    String wanted = request.parameter("find").toLowerCase(Locale.ROOT);
    int limit = request.limit(ENDPOINTS);
    int fitting = 0;
    JsonObject service = new JsonObject();
    service.addProperty("name", name);
    Traffic total = new Traffic();
    Set<String> counted = new HashSet<>();
    int serving = 0;
    JsonArray endpoints = new JsonArray();
    for (Endpoint endpoint : fleet.endpoints(name)) {
      ProcessReport report = fleet.process(endpoint);
      shown.add(report.address());
      serving += EndpointJson.isServing(name, endpoint, report) ? 1 : 0;
      if (!wanted.isEmpty() || fitting < limit) {
        JsonObject row = EndpointJson.of(name, endpoint, report);
        if (matches(row, wanted)) {
          fitting++;
          if (fitting <= limit) {
            endpoints.add(row);
          }
        }
      } else {
        fitting++;
      }
      // A process that serves two endpoints of a service has one rate.
      if (report.curvesProblem() == null && counted.add(report.address())) {
        total.add(report.served());
      }
    }
    service.addProperty("count", fleet.endpoints(name).size());
    service.addProperty("serving", serving);
    service.addProperty("more", fitting - endpoints.size());
    if (found instanceof Resolution.Bound bound) {
      service.addProperty("freshness", bound.freshness().name());
      service.addProperty("revision", bound.snapshot().revision());
    } else if (found instanceof Resolution.Failed failed) {
      service.addProperty("problem", failed.reason());
    }
    if (!counted.isEmpty()) {
      EndpointJson.addTraffic(service, total);
    }
    service.add("endpoints", endpoints);
    return service;
  }

  /** Returns whether a text is in one of the columns that are searched. */
  static boolean matches(JsonObject row, String wanted) {
    return SEARCHED.stream()
        .anyMatch(each -> View.text(row, each).toLowerCase(Locale.ROOT).contains(wanted));
  }

  private static JsonArray edges(FleetState fleet) {
    Map<Edge, Traffic> all = new TreeMap<>();
    for (ProcessReport report : fleet.processes().values()) {
      for (Curve curve : report.curves()) {
        if (curve.getSide() == Call.Side.CLIENT && ProcessReport.isApplication(curve.getMethod())) {
          Edge edge = new Edge(report.name(), serviceOf(curve.getTarget()));
          all.computeIfAbsent(edge, made -> new Traffic()).add(curve);
        }
      }
    }
    JsonArray edges = new JsonArray();
    all.forEach(
        (edge, traffic) -> {
          JsonObject json = new JsonObject();
          json.addProperty("from", edge.from());
          json.addProperty("to", edge.to());
          EndpointJson.addTraffic(json, traffic);
          edges.add(json);
        });
    return edges;
  }

  /** Returns the service that a target names, such as {@code inventory} of etcd:///inventory. */
  static String serviceOf(String target) {
    int scheme = target.indexOf("://");
    if (scheme < 0) {
      return target;
    }
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    String last = path.substring(path.lastIndexOf('/') + 1);
    return last.isEmpty() ? target : last;
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    int more = 0;
    TextTable services = new TextTable("SERVICE", "ENDPOINTS", "SERVING", "RATE", "FAILED", "P99");
    TextTable endpoints = endpointTable();
    for (JsonObject service : View.rows(page, "services")) {
      List<JsonObject> rows = View.rows(service, "endpoints");
      services.add(
          View.text(service, "name"),
          View.text(service, "count"),
          View.text(service, "serving"),
          View.rate(service),
          View.failures(service),
          View.time(service, "p99"));
      rows.forEach(each -> addEndpoint(endpoints, each));
      more += (int) View.number(service, "more");
    }
    for (JsonObject process : View.rows(page, "processes")) {
      addEndpoint(endpoints, process);
    }
    TextTable edges = new TextTable("CALLER", "CALLS", "RATE", "FAILED", "P99");
    for (JsonObject edge : View.rows(page, "edges")) {
      edges.add(
          View.text(edge, "from"),
          View.text(edge, "to"),
          View.rate(edge),
          View.failures(edge),
          View.time(edge, "p99"));
    }
    View.printProblems(page, out);
    for (TextTable table : List.of(services, endpoints, edges)) {
      int before = out.length();
      table.printTo(out);
      if (out.length() > before) {
        out.append('\n');
      }
    }
    printMore(more, out);
    if (out.isEmpty()) {
      out.append("no services\n");
    }
  }

  static void printMore(int more, StringBuilder out) {
    if (more > 0) {
      out.append(more)
          .append(" more endpoints; add ?find=TEXT, or ?limit=N for more of each service\n");
    }
  }

  /** Returns a table for the rows of {@link #addEndpoint}. */
  static TextTable endpointTable() {
    return new TextTable(
        "ENDPOINT",
        "ADDRESS",
        "STATE",
        "VERSION",
        "ZONE",
        "WEIGHT",
        "RATE",
        "FAILED",
        "P99",
        "IN FLIGHT",
        "WAITING");
  }

  static void addEndpoint(TextTable table, JsonObject row) {
    String service = row.has("service") ? row.get("service").getAsString() + "/" : "";
    table.add(
        service + View.text(row, "id"),
        View.text(row, "process"),
        View.text(row, "state"),
        View.text(row, "version"),
        View.text(row, "zone"),
        View.text(row, "weight"),
        View.rate(row),
        View.failures(row),
        View.time(row, "p99"),
        View.text(row, "inFlight"),
        View.text(row, "waiting"));
  }
}
