package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.ListCallsRequest;
import io.fairlead.admin.v1.ListCallsResponse;
import io.fairlead.management.WebException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The last calls of all processes, the slow ones, or the failed ones; or those of one trace. */
final class CallsView implements View {
  private static final int LIMIT = 200;
  private static final List<String> KINDS = List.of("recent", "slow", "failed");

  /** A call, and the process that tells of it. */
  private record Told(String process, Call call) {
    Instant ended() {
      return Units.instant(call.getEnded());
    }

    Instant began() {
      return ended().minusNanos((long) (Units.seconds(call.getTook()) * 1e9));
    }
  }

  @Override
  public JsonObject read(ViewRequest request) {
    String trace = request.argument();
    String kind = request.parameter("kind").isEmpty() ? "recent" : request.parameter("kind");
    if (!KINDS.contains(kind)) {
      throw new WebException(
          400, "the kind \"" + kind + "\" is not known; use recent, slow or failed");
    }
    ListCallsRequest question =
        ListCallsRequest.newBuilder()
            .setKind(ListCallsRequest.Kind.valueOf(kind.toUpperCase(Locale.ROOT)))
            .setMethod(request.parameter("method"))
            .setTraceId(trace)
            .setLimit(LIMIT)
            .build();
    List<Problem> problems = request.problems();
    List<Told> calls = new ArrayList<>();
    for (Processes.Answer<ListCallsResponse> answer :
        request
            .processes()
            .ask(
                request.addresses(),
                request.viewer(),
                ViewRequest.LIMIT,
                admin -> admin.listCalls(question))) {
      ListCallsResponse value = answer.value();
      if (value != null) {
        String name = request.nameOf(answer.address());
        value.getCallsList().forEach(each -> calls.add(new Told(name, each)));
      } else if (answer.problem() != null) {
        problems.add(answer.problem());
      }
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", trace.isEmpty() ? "calls" : "trace");
    page.addProperty("kind", kind);
    page.addProperty("method", request.parameter("method"));
    page.addProperty("trace", trace);
    page.add("calls", trace.isEmpty() ? newest(calls) : tree(calls));
    View.addProblems(page, request, problems);
    return page;
  }

  private static JsonArray newest(List<Told> calls) {
    JsonArray array = new JsonArray();
    calls.stream()
        .sorted(Comparator.comparing(Told::ended).reversed())
        .limit(LIMIT)
        .forEach(each -> array.add(json(each, 0)));
    return array;
  }

  /**
   * Orders the calls of a trace by their beginning. A call is below the one that it was made in:
   * what is served belongs to the call of this method that was under way, and what is made belongs
   * to what the same process was serving.
   */
  private static JsonArray tree(List<Told> calls) {
    List<Told> ordered = new ArrayList<>(calls);
    ordered.sort(
        Comparator.comparing(Told::began)
            .thenComparing(each -> each.call().getSide() == Call.Side.CLIENT ? 0 : 1));
    int[] depth = new int[ordered.size()];
    JsonArray array = new JsonArray();
    for (int i = 0; i < ordered.size(); i++) {
      for (int j = i - 1; j >= 0; j--) {
        if (isIn(ordered.get(i), ordered.get(j))) {
          depth[i] = depth[j] + 1;
          break;
        }
      }
      array.add(json(ordered.get(i), depth[i]));
    }
    return array;
  }

  private static boolean isIn(Told inner, Told outer) {
    if (inner.call().getSide() == outer.call().getSide() || inner.began().isAfter(outer.ended())) {
      return false;
    }
    return inner.call().getSide() == Call.Side.SERVER
        ? inner.call().getMethod().equals(outer.call().getMethod())
        : inner.process().equals(outer.process());
  }

  private static JsonObject json(Told told, int depth) {
    JsonObject json = json(told.process(), told.call());
    json.addProperty("depth", depth);
    return json;
  }

  static JsonObject json(String process, Call call) {
    JsonObject json = new JsonObject();
    json.addProperty("process", process);
    json.addProperty("side", call.getSide() == Call.Side.SERVER ? "server" : "client");
    json.addProperty("method", call.getMethod());
    json.addProperty("ended", Units.instant(call.getEnded()).toString());
    json.addProperty("took", EndpointJson.round(Units.seconds(call.getTook())));
    json.addProperty("queued", EndpointJson.round(Units.seconds(call.getQueued())));
    json.addProperty("code", call.getCode());
    json.addProperty("peer", call.getPeer());
    json.addProperty("trace", call.getTraceId());
    json.addProperty("explanation", call.getExplanation());
    json.addProperty("lost", call.getLost());
    return json;
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    List<JsonObject> calls = View.rows(page, "calls");
    if (calls.isEmpty()) {
      out.append("no calls\n");
      return;
    }
    TextTable table =
        new TextTable("ENDED", "PROCESS", "SIDE", "METHOD", "CODE", "TOOK", "PEER", "TRACE");
    for (JsonObject call : calls) {
      table.add(
          View.text(call, "ended"),
          View.text(call, "process"),
          View.text(call, "side"),
          "  ".repeat((int) View.number(call, "depth")) + View.text(call, "method"),
          View.text(call, "code"),
          View.time(call, "took"),
          View.text(call, "peer"),
          View.text(call, "trace"));
    }
    table.printTo(out);
    if (View.text(page, "view").equals("trace")) {
      for (JsonObject call : calls) {
        out.append('\n').append(TextTable.clean(View.text(call, "method"))).append('\n');
        View.text(call, "explanation")
            .lines()
            .forEach(line -> out.append("  ").append(TextTable.clean(line)).append('\n'));
      }
    }
  }
}
