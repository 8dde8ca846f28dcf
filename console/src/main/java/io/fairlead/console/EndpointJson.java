package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.ReadinessCheck;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An endpoint as the registry has it, with what its process says of itself. */
final class EndpointJson {
  private EndpointJson() {}

  static JsonObject of(String service, Endpoint endpoint, ProcessReport report) {
    JsonObject json = new JsonObject();
    json.addProperty("service", service);
    json.addProperty("id", endpoint.id());
    JsonArray addresses = new JsonArray();
    endpoint.addresses().stream().map(Address::hostAndPort).distinct().forEach(addresses::add);
    json.add("addresses", addresses);
    json.addProperty("process", report.address());
    json.addProperty("zone", endpoint.zone().orElse(""));
    json.addProperty("version", endpoint.version().orElse(""));
    json.addProperty("weight", endpoint.weight());
    json.addProperty("draining", endpoint.draining());
    endpoint.startedAt().ifPresent(start -> json.addProperty("startedAt", start.toString()));
    Optional<ServerState> server = report.server(service, endpoint.id());
    json.addProperty("state", state(endpoint, report, server.orElse(null)));
    server.ifPresent(each -> addServer(json, each));
    addProcess(json, report);
    return json;
  }

  /** A process that no registry has. */
  static JsonObject of(ProcessReport report) {
    JsonObject json = new JsonObject();
    json.addProperty("process", report.address());
    json.addProperty("id", report.name());
    if (report.servers().isEmpty()) {
      json.addProperty("state", report.problem() == null ? "no server" : "silent");
    } else {
      ServerState server = report.servers().get(0);
      json.addProperty("state", lower(server.getPhase()));
      addServer(json, server);
    }
    addProcess(json, report);
    return json;
  }

  private static void addServer(JsonObject json, ServerState server) {
    json.addProperty("server", server.getName());
    json.addProperty("phase", server.getPhase());
    json.addProperty("inFlight", server.getLoad().getInFlight());
    json.addProperty("waiting", server.getLoad().getWaiting());
    json.addProperty("handlers", server.getLoad().getHandlers());
    JsonArray notReady = new JsonArray();
    for (ReadinessCheck check : server.getReadinessList()) {
      if (!check.getReady()) {
        notReady.add(check.getName() + ": " + check.getDetail());
      }
    }
    json.add("notReady", notReady);
  }

  private static void addProcess(JsonObject json, ProcessReport report) {
    if (report.problem() != null) {
      json.addProperty("problem", report.problem().text());
    }
    if (report.state() != null) {
      json.addProperty("pid", report.state().getPid());
      json.addProperty("host", report.state().getHost());
      json.addProperty("calls", report.state().getCallsInFlight());
    }
    if (report.curvesProblem() == null) {
      addTraffic(json, report.served());
    }
  }

  static void addTraffic(JsonObject json, ProcessReport.Traffic traffic) {
    json.addProperty("rate", round(traffic.rate()));
    json.addProperty("failures", round(traffic.failures()));
    json.addProperty("p50", round(traffic.p50()));
    json.addProperty("p90", round(traffic.p90()));
    json.addProperty("p99", round(traffic.p99()));
    json.addProperty("p999", round(traffic.p999()));
    JsonObject rejected = new JsonObject();
    traffic.rejected().forEach(rejected::addProperty);
    json.add("rejected", rejected);
  }

  /** Keeps a microsecond; more digits say nothing. */
  static double round(double value) {
    return Math.round(value * 1e6) / 1e6;
  }

  static boolean isServing(String service, Endpoint endpoint, ProcessReport report) {
    ServerState server = report.server(service, endpoint.id()).orElse(null);
    return state(endpoint, report, server).equals("serving");
  }

  private static String state(
      Endpoint endpoint, ProcessReport report, @Nullable ServerState server) {
    if (report.problem() != null) {
      return endpoint.draining() ? "draining" : "silent";
    }
    if (endpoint.draining()) {
      return "draining";
    }
    if (server == null) {
      return "unknown";
    }
    if (server.getPhase().equals("SERVING")) {
      return endpoint.weight() == 0 ? "no calls" : "serving";
    }
    return lower(server.getPhase());
  }

  private static String lower(String phase) {
    return phase.toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
