package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.ListPoliciesRequest;
import io.fairlead.admin.v1.ListPoliciesResponse;
import io.fairlead.admin.v1.MethodPolicy;
import io.fairlead.admin.v1.PolicyField;
import java.util.List;

/** The policy fields in force for each method that a process calls, and where each comes from. */
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
    JsonObject page = new JsonObject();
    page.addProperty("view", "policy");
    page.add("fields", fields);
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
      fields.add(json);
    }
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
          View.text(each, "origin"));
    }
    table.printTo(out);
  }
}
