package io.fairlead.scaling;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The load of a service and what is wanted for it, as text or JSON. */
final class LoadPage implements WebHandler {
  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";

  private final Scaler scaler;

  LoadPage(Scaler scaler) {
    this.scaler = scaler;
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.allow("GET");
    exchange.setHeader("Cache-Control", "no-store");
    ServiceLoad load = scaler.load();
    ScalingDecision decision = scaler.decision();
    if (load == null || decision == null) {
      throw new WebException(
          503, "the load of " + scaler.service() + " has not been read yet; try again");
    }
    if (exchange.preferred(TEXT, JSON).equals(JSON)) {
      exchange.respond(200, JSON, json(load, decision).toString());
    } else {
      exchange.respond(200, TEXT, text(load, decision));
    }
  }

  private String text(ServiceLoad load, ScalingDecision decision) {
    LoadSample sample = load.sample();
    double capacity = scaler.policy().capacity();
    StringBuilder text = new StringBuilder();
    text.append("service  ").append(scaler.service()).append('\n');
    OptionalDouble known = known(load);
    text.append("L        ").append(figure(known));
    if (known.isEmpty()) {
      text.append(" (").append(scaler.whyUnknown(load)).append(')');
    }
    text.append('\n');
    text.append("C        ").append(figure(OptionalDouble.of(capacity))).append('\n');
    text.append("N        ").append(quotient(known)).append('\n');
    text.append("have     ").append(sample.ready()).append(" ready");
    text.append(sample.pending() == 0 ? "" : ", " + sample.pending() + " pending").append('\n');
    if (sample.waiting() > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "waiting  %d in clients, %.2f more each second%n",
              sample.waiting(),
              sample.waitingPerSecond()));
    }
    text.append("want     ").append(decision.want()).append('\n');
    text.append("why      ").append(decision.why()).append('\n');
    for (EndpointLoad each : load.endpoints()) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-24s %-22s %-9s load %-8s utilization %s%n",
              each.id(),
              each.address(),
              each.state(),
              figure(each.offered()),
              figure(each.utilization())));
    }
    List<Scaler.Change> changes = scaler.changes();
    text.append(changes.isEmpty() ? "" : "decisions\n");
    for (Scaler.Change each : changes) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %s  %d -> %d  %s%n",
              each.at().truncatedTo(ChronoUnit.SECONDS),
              each.running(),
              each.decision().want(),
              each.decision().why()));
    }
    return text.toString();
  }

  private String quotient(OptionalDouble offered) {
    return offered.isPresent() ? Long.toString(instances(offered.getAsDouble())) : "unknown";
  }

  private long instances(double load) {
    return ScalePage.quotient(load, scaler.policy().capacity() * scaler.policy().share());
  }

  /** The load of all instances, where it is known. */
  private OptionalDouble known(ServiceLoad load) {
    return scaler.whyUnknown(load).isEmpty()
        ? OptionalDouble.of(LoadHistory.load(load.sample()))
        : OptionalDouble.empty();
  }

  private static String figure(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.2f", value.getAsDouble()) : "unknown";
  }

  JsonObject json(ServiceLoad load, ScalingDecision decision) {
    LoadSample sample = load.sample();
    JsonObject root = new JsonObject();
    root.addProperty("service", scaler.service());
    root.addProperty("at", sample.at().toString());
    OptionalDouble known = known(load);
    add(root, "L", known);
    root.addProperty("C", scaler.policy().capacity());
    if (known.isPresent()) {
      root.addProperty("N", instances(known.getAsDouble()));
    } else {
      root.addProperty("unknown", scaler.whyUnknown(load));
    }
    root.addProperty("ready", sample.ready());
    root.addProperty("pending", sample.pending());
    root.addProperty("reporting", sample.reporting());
    root.addProperty("served", sample.served());
    root.addProperty("unserved", sample.unserved());
    root.addProperty("waiting", sample.waiting());
    root.addProperty("waitingPerSecond", sample.waitingPerSecond());
    root.addProperty("want", decision.want());
    root.addProperty("why", decision.why());
    JsonArray endpoints = new JsonArray();
    for (EndpointLoad each : load.endpoints()) {
      JsonObject endpoint = new JsonObject();
      endpoint.addProperty("id", each.id());
      endpoint.addProperty("address", each.address());
      endpoint.addProperty("state", each.state());
      add(endpoint, "load", each.offered());
      add(endpoint, "utilization", each.utilization());
      endpoints.add(endpoint);
    }
    root.add("endpoints", endpoints);
    JsonArray decisions = new JsonArray();
    for (Scaler.Change each : scaler.changes()) {
      JsonObject change = new JsonObject();
      change.addProperty("at", each.at().toString());
      change.addProperty("running", each.running());
      change.addProperty("want", each.decision().want());
      change.addProperty("kind", each.decision().kind().name().toLowerCase(Locale.ROOT));
      change.addProperty("why", each.decision().why());
      decisions.add(change);
    }
    root.add("decisions", decisions);
    return root;
  }

  /** What is not known is left out; 0 would be a statement. */
  private static void add(JsonObject to, String name, OptionalDouble value) {
    value.ifPresent(known -> to.addProperty(name, known));
  }
}
