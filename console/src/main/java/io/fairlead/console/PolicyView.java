package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.ListPoliciesRequest;
import io.fairlead.admin.v1.ListPoliciesResponse;
import io.fairlead.admin.v1.MethodPolicy;
import io.fairlead.admin.v1.PolicyField;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.admin.v1.Setting;
import java.util.List;

/**
 * The policy fields in force for each method that a process calls, the limits of its servers, its
 * settings, and where each comes from.
 */
final class PolicyView implements View {
  @Override
  public JsonObject read(ViewRequest request) {
    List<Problem> problems = request.problems();
    JsonArray fields = new JsonArray();
    String wanted = request.parameter("method");
    for (Processes.Answer<ListPoliciesResponse> answer :
        request
            .processes()
            .ask(
                request.addresses(),
                request.viewer(),
                ViewRequest.LIMIT,
                admin -> admin.listPolicies(ListPoliciesRequest.getDefaultInstance()))) {
      ListPoliciesResponse value = answer.value();
      if (value != null) {
        for (MethodPolicy policy : value.getPoliciesList()) {
          if (wanted.isEmpty() || wanted.equals(policy.getMethod())) {
            add(fields, request.nameOf(answer.address()), policy);
          }
        }
      } else if (answer.problem() != null) {
        problems.add(answer.problem());
      }
    }
    JsonArray limits = new JsonArray();
    JsonArray settings = new JsonArray();
    // Of whole processes, and so not of one method.
    for (String address : wanted.isEmpty() ? request.addresses() : List.<String>of()) {
      ProcessReport report = request.fleet().processes().get(address);
      if (report != null) {
        report.servers().forEach(server -> addLimits(limits, request.nameOf(address), server));
        report.settings().forEach(each -> addSetting(settings, request.nameOf(address), each));
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "policy");
    page.add("fields", fields);
    page.add("limits", limits);
    page.add("settings", settings);
    View.addProblems(page, request, problems);
    return page;
  }

  private static void add(JsonArray fields, String process, MethodPolicy policy) {
    for (PolicyField field : policy.getFieldsList()) {
      JsonObject json = new JsonObject();
      json.addProperty("process", process);
      json.addProperty("target", policy.getTarget());
      json.addProperty("method", policy.getMethod());
      json.addProperty("name", field.getName());
      json.addProperty("value", field.getValue());
      json.addProperty("origin", field.getOrigin());
      json.addProperty("source", field.getSource());
      fields.add(json);
    }
  }

  private static void addLimits(JsonArray limits, String process, ServerState server) {
    // A process of an earlier version does not say them.
    if (!server.getLimits().isEmpty()) {
      JsonObject json = new JsonObject();
      json.addProperty("process", process);
      json.addProperty("server", server.getName());
      json.addProperty("value", server.getLimits());
      json.addProperty("origin", server.getLimitsOrigin().isEmpty() ? "BUILDER" : "LIVE");
      json.addProperty("source", server.getLimitsOrigin());
      limits.add(json);
    }
  }

  private static void addSetting(JsonArray settings, String process, Setting setting) {
    JsonObject json = new JsonObject();
    json.addProperty("process", process);
    json.addProperty("name", setting.getName());
    json.addProperty("value", setting.getValue());
    json.addProperty("origin", setting.getOrigin());
    settings.add(json);
  }

  private static String origin(JsonObject row) {
    String source = View.text(row, "source");
    return View.text(row, "origin") + (source.equals("-") ? "" : ", " + source);
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    TextTable table = new TextTable("PROCESS", "METHOD", "TARGET", "FIELD", "VALUE", "ORIGIN");
    List<JsonObject> fields = View.rows(page, "fields");
    if (fields.isEmpty()) {
      out.append("no channel that is shown has called a method\n");
    }
    for (JsonObject each : fields) {
      table.add(
          View.text(each, "process"),
          View.text(each, "method"),
          View.text(each, "target"),
          View.text(each, "name"),
          View.text(each, "value"),
          origin(each));
    }
    table.printTo(out);
    TextTable limits = new TextTable("PROCESS", "SERVER", "LIMITS", "ORIGIN");
    for (JsonObject each : View.rows(page, "limits")) {
      limits.add(
          View.text(each, "process"),
          View.text(each, "server"),
          View.text(each, "value"),
          origin(each));
    }
    out.append('\n');
    limits.printTo(out);
    TextTable settings = new TextTable("PROCESS", "SETTING", "VALUE", "ORIGIN");
    for (JsonObject each : View.rows(page, "settings")) {
      settings.add(
          View.text(each, "process"),
          View.text(each, "name"),
          View.text(each, "value"),
          View.text(each, "origin"));
    }
    out.append('\n');
    settings.printTo(out);
  }
}
