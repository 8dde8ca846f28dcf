package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.AdminAsync;
import io.fairlead.admin.v1.DrainRequest;
import io.fairlead.admin.v1.SetLogLevelRequest;
import io.fairlead.admin.v1.SetLogLevelResponse;
import io.fairlead.admin.v1.SetWeightRequest;
import io.fairlead.admin.v1.UndrainRequest;
import io.fairlead.management.ManagementServer;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What a viewer may do: the admin service of the process permits it, and notes it. */
final class Actions {
  /** As long as the admin service waits for a registry, and some more. */
  private static final Duration LIMIT = Duration.ofSeconds(8);

  private static final List<String> NAMES = List.of("drain", "undrain", "weight", "log-level");

  private final Processes processes;

  Actions(Processes processes) {
    this.processes = processes;
  }

  /**
   * Refuses what a page of another origin could have sent. Such a page can neither set the header
   * nor read a token; what the browser says of the origin is looked at as well.
   */
  static void guard(WebExchange exchange) {
    exchange.allow("POST");
    if (exchange.header(ManagementServer.ACTION_HEADER).isEmpty()) {
      throw new WebException(
          403,
          "an action needs the header " + ManagementServer.ACTION_HEADER + ", whatever its value");
    }
    Optional<String> site = exchange.header("Sec-Fetch-Site");
    boolean own =
        site.isPresent()
            ? site.get().equals("same-origin") || site.get().equals("none")
            : exchange.header("Origin").map(each -> isOf(each, exchange)).orElse(true);
    if (!own) {
      throw new WebException(403, "a page of another origin may not act here");
    }
  }

  private static boolean isOf(String origin, WebExchange exchange) {
    try {
      return exchange.header("Host").orElse("").equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  void handle(WebExchange exchange, String name, ViewRequest request) throws IOException {
    if (!NAMES.contains(name)) {
      throw new WebException(
          404, "no action \"" + name + "\" is known; use one of " + String.join(", ", NAMES));
    }
    String wanted = request.parameter("instance");
    if (wanted.isEmpty()) {
      throw new WebException(400, "the parameter instance is missing; write instance=SERVICE/ID");
    }
    FleetState.Instance instance = request.instance(wanted);
    JsonObject done =
        switch (name) {
          case "drain" ->
              act(request, instance, (admin, server) -> admin.drain(drain(server, request)));
          case "undrain" ->
              act(request, instance, (admin, server) -> admin.undrain(undrain(server, request)));
          case "weight" -> weight(request, instance);
          default -> logLevel(request, instance);
        };
    done.addProperty("instance", wanted);
    if (exchange.preferred("text/plain", "application/json").equals("text/plain")) {
      exchange.respond(200, "text/plain", text(done));
    } else {
      exchange.respond(200, "application/json", done.toString());
    }
  }

  private static DrainRequest drain(String server, ViewRequest request) {
    return DrainRequest.newBuilder()
        .setServer(server)
        .setReason(request.parameter("reason"))
        .build();
  }

  private static UndrainRequest undrain(String server, ViewRequest request) {
    return UndrainRequest.newBuilder()
        .setServer(server)
        .setReason(request.parameter("reason"))
        .build();
  }

  private JsonObject weight(ViewRequest request, FleetState.Instance instance) {
    String weight = request.parameter("weight");
    if (!weight.matches("[0-9]{1,7}")) {
      throw new WebException(
          400, "the weight \"" + weight + "\" is not a number from 0 to 1000000; 100 is ordinary");
    }
    SetWeightRequest.Builder question =
        SetWeightRequest.newBuilder()
            .setWeight(Integer.parseInt(weight))
            .setReason(request.parameter("reason"));
    return act(
        request, instance, (admin, server) -> admin.setWeight(question.setServer(server).build()));
  }

  private JsonObject act(
      ViewRequest request,
      FleetState.Instance instance,
      BiFunction<AdminAsync, String, CompletionStage<ActionResponse>> action) {
    String server = server(request, instance);
    ActionResponse done = ask(request, instance.address(), admin -> action.apply(admin, server));
    JsonArray servers = new JsonArray();
    done.getServersList()
        .forEach(
            each -> {
              JsonObject row = new JsonObject();
              row.addProperty("name", each.getName());
              row.addProperty("phase", each.getPhase());
              row.addProperty("draining", each.getRegistration().getDraining());
              row.addProperty("weight", each.getRegistration().getWeight());
              servers.add(row);
            });
    JsonObject json = new JsonObject();
    json.add("servers", servers);
    json.addProperty("confirmed", done.getConfirmed());
    json.addProperty("detail", done.getDetail());
    return json;
  }

  private JsonObject logLevel(ViewRequest request, FleetState.Instance instance) {
    SetLogLevelRequest question =
        SetLogLevelRequest.newBuilder()
            .setLogger(request.parameter("logger"))
            .setLevel(request.parameter("level"))
            .setReason(request.parameter("reason"))
            .build();
    SetLogLevelResponse done =
        ask(request, instance.address(), admin -> admin.setLogLevel(question));
    JsonObject json = new JsonObject();
    json.add("servers", new JsonArray());
    json.addProperty("confirmed", true);
    String before = done.getPrevious();
    json.addProperty(
        "detail",
        before.isEmpty() ? "it had no level of its own before" : "its level was " + before);
    return json;
  }

  private <T> T ask(
      ViewRequest request, String address, Function<AdminAsync, CompletionStage<T>> question) {
    Processes.Answer<T> answer =
        processes.ask(List.of(address), request.viewer(), LIMIT, question).get(0);
    T done = answer.value();
    if (done == null) {
      Problem problem = answer.problem();
      throw problem == null
          ? new WebException(502, address + " has not answered")
          : new WebException(problem.status(), problem.text());
    }
    return done;
  }

  /** Returns the server that is registered as this instance; an empty name stands for all. */
  private static String server(ViewRequest request, FleetState.Instance instance) {
    if (instance.id().isEmpty()) {
      return "";
    }
    ProcessReport report = request.fleet().processes().get(instance.address());
    if (report != null && report.problem() != null) {
      throw new WebException(report.problem().status(), report.problem().text());
    }
    if (report == null) {
      throw new WebException(504, instance.address() + " has not answered yet");
    }
    return report
        .server(instance.service(), instance.id())
        .orElseThrow(
            () ->
                new WebException(
                    409,
                    "the admin service at %s does not show %s/%s; call watch(server) after start()"
                        .formatted(instance.address(), instance.service(), instance.id())))
        .getName();
  }

  private static String text(JsonObject done) {
    StringBuilder text = new StringBuilder();
    for (JsonObject server : View.rows(done, "servers")) {
      text.append(TextTable.clean(View.text(server, "name")))
          .append(": ")
          .append(View.text(server, "phase"))
          .append(server.get("draining").getAsBoolean() ? ", draining" : "")
          .append('\n');
    }
    String detail = done.get("detail").getAsString();
    if (!detail.isEmpty()) {
      text.append(done.get("confirmed").getAsBoolean() ? "" : "not confirmed: ")
          .append(TextTable.clean(detail))
          .append('\n');
    }
    return text.toString();
  }
}
