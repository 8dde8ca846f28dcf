package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Finding;
import io.fairlead.admin.v1.ListFindingsRequest;
import io.fairlead.admin.v1.ListFindingsResponse;
import java.util.List;

/** What the processes find wrong in how they are used, each with its way out. */
final class LintView implements View {
  @Override
  public JsonObject read(ViewRequest request) {
    List<Problem> problems = request.problems();
    JsonArray findings = new JsonArray();
    for (Processes.Answer<ListFindingsResponse> answer :
        request
            .processes()
            .ask(
                request.addresses(),
                request.viewer(),
                ViewRequest.LIMIT,
                admin -> admin.listFindings(ListFindingsRequest.getDefaultInstance()))) {
      ListFindingsResponse value = answer.value();
      if (value != null) {
        for (Finding each : value.getFindingsList()) {
          JsonObject json = new JsonObject();
          json.addProperty("process", request.nameOf(answer.address()));
          json.addProperty("rule", each.getRule());
          json.addProperty("subject", each.getSubject());
          json.addProperty("text", each.getText());
          json.addProperty("wayOut", each.getWayOut());
          findings.add(json);
        }
      } else if (answer.problem() != null) {
        problems.add(answer.problem());
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "lint");
    page.add("findings", findings);
    View.addProblems(page, request, problems);
    return page;
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    List<JsonObject> findings = View.rows(page, "findings");
    if (findings.isEmpty()) {
      out.append("nothing was found\n");
    }
    for (JsonObject each : findings) {
      out.append(
          TextTable.clean(
              "%s  %s  %s: %s"
                  .formatted(
                      View.text(each, "process"),
                      View.text(each, "rule"),
                      View.text(each, "subject"),
                      View.text(each, "text"))));
      out.append("\n    ").append(TextTable.clean(View.text(each, "wayOut"))).append('\n');
    }
  }
}
