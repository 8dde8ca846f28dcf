package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.Action;
import io.fairlead.admin.v1.BreakerMove;
import io.fairlead.admin.v1.BreakerState;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.Curve;
import io.fairlead.admin.v1.ListCurvesRequest;
import io.fairlead.admin.v1.ListCurvesResponse;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.console.ProcessReport.Traffic;
import io.fairlead.management.WebException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** One method: both sides over the last minute, hour or day. */
final class MethodView implements View {
  private static final List<String> WINDOWS = List.of("minute", "hour", "day");

  @Override
  public JsonObject read(ViewRequest request) {
    String method = request.argument();
    ListCurvesRequest.Window window = window(request.parameter("window"));
    ListCurvesRequest question =
        ListCurvesRequest.newBuilder().setMethod(method).setWindow(window).build();
    List<Problem> problems = request.problems();
    Side server = new Side();
    Side client = new Side();
    Set<String> processes = new HashSet<>();
    long step = 1;
    for (Processes.Answer<ListCurvesResponse> answer :
        request
            .processes()
            .ask(
                addresses(request, method),
                request.viewer(),
                ViewRequest.LIMIT,
                admin -> admin.listCurves(question))) {
      ListCurvesResponse value = answer.value();
      if (value == null) {
        if (answer.problem() != null) {
          problems.add(answer.problem());
        }
        continue;
      }
      step = value.getStep().getSeconds();
      for (Curve curve : value.getCurvesList()) {
        processes.add(answer.address());
        (curve.getSide() == Call.Side.SERVER ? server : client)
            .add(request.nameOf(answer.address()), curve, step);
      }
    }
    if (processes.isEmpty()) {
      throw nothing(request, method, problems);
    }
    JsonObject page = new JsonObject();
    page.addProperty("view", "method");
    page.addProperty("method", method);
    page.addProperty("window", WINDOWS.get(window.getNumber()));
    page.addProperty("step", step);
    page.add("server", server.json(step));
    page.add("client", client.json(step));
    page.add("load", load(request, method, processes, server));
    page.add("marks", marks(request, method, processes, server.start(client)));
    View.addProblems(page, request, problems);
    return page;
  }

  /** Returns those that have told of the method; all, if none has yet. */
  private static Collection<String> addresses(ViewRequest request, String method) {
    List<String> having =
        request.addresses().stream()
            .filter(
                each -> {
                  ProcessReport report = request.fleet().processes().get(each);
                  return report != null
                      && report.curves().stream().anyMatch(c -> c.getMethod().equals(method));
                })
            .toList();
    return having.isEmpty() ? request.addresses() : having;
  }

  private static ListCurvesRequest.Window window(String name) {
    int index = name.isEmpty() ? 0 : WINDOWS.indexOf(name);
    if (index < 0) {
      throw new WebException(
          400, "the window \"" + name + "\" is not known; use minute, hour or day");
    }
    return ListCurvesRequest.Window.forNumber(index);
  }

  private static WebException nothing(ViewRequest request, String method, List<Problem> problems) {
    Set<String> known = new TreeSet<>();
    for (ProcessReport report : request.fleet().processes().values()) {
      report.curves().stream()
          .map(Curve::getMethod)
          .filter(ProcessReport::isApplication)
          .forEach(known::add);
    }
    if (known.isEmpty() && !problems.isEmpty()) {
      return new WebException(problems.get(0).status(), problems.get(0).text());
    }
    return new WebException(
        404,
        "no process has a curve of \"%s\"; there is %s"
            .formatted(method, ViewRequest.listed(known)));
  }

  /** What limits the method now, and what waits; the queue is that of the whole server. */
  private static JsonObject load(
      ViewRequest request, String method, Set<String> processes, Side served) {
    int waiting = 0;
    int limit = 0;
    for (String address : processes) {
      ProcessReport report = request.fleet().processes().get(address);
      if (report == null) {
        continue;
      }
      for (ServerState server : report.servers()) {
        waiting += server.getLoad().getWaiting();
        limit += server.getCallLimitsOrDefault(method, 0);
      }
    }
    JsonObject load = new JsonObject();
    load.addProperty("inFlight", served.total().inFlight());
    load.addProperty("waiting", waiting);
    load.addProperty("limit", limit);
    JsonObject rejected = new JsonObject();
    served.total().rejected().forEach(rejected::addProperty);
    load.add("rejected", rejected);
    return load;
  }

  /**
   * What happened to the processes in this time, in order: starts, with the version that was
   * deployed, moves of circuit breakers, and the actions of people.
   */
  private static JsonArray marks(
      ViewRequest request, String method, Set<String> processes, Instant from) {
    List<Mark> marks = new ArrayList<>();
    for (String address : processes) {
      ProcessReport report = request.fleet().processes().get(address);
      if (report == null || report.state() == null) {
        continue;
      }
      String name = request.nameOf(address);
      Instant started = Units.instant(report.state().getStarted());
      if (started.isAfter(from)) {
        marks.add(new Mark(started, "start", name + " started" + versions(report)));
      }
      for (BreakerMove move : report.state().getBreakerMovesList()) {
        Instant at = Units.instant(move.getAt());
        BreakerState breaker = move.getBreaker();
        if (at.isAfter(from)
            && (breaker.getScope().equals("ENDPOINT") || breaker.getName().equals(method))) {
          marks.add(new Mark(at, "breaker", text(name, breaker)));
        }
      }
      for (Action action : report.state().getActionsList()) {
        Instant at = Units.instant(action.getAt());
        if (at.isAfter(from) && action.getOutcome().startsWith("done")) {
          String why = action.getReason().isEmpty() ? "" : ": " + action.getReason();
          marks.add(new Mark(at, "action", action.getAction() + " of " + name + why));
        }
      }
    }
    JsonArray array = new JsonArray();
    marks.stream().sorted(Comparator.comparing(Mark::at)).map(Mark::json).forEach(array::add);
    return array;
  }

  private static String versions(ProcessReport report) {
    List<String> versions =
        report.servers().stream()
            .map(each -> each.getRegistration().getVersion())
            .filter(each -> !each.isEmpty())
            .distinct()
            .toList();
    return versions.isEmpty() ? "" : ", version " + String.join(" and ", versions);
  }

  private static String text(String process, BreakerState breaker) {
    return "breaker of "
        + breaker.getName()
        + " in "
        + process
        + ": "
        + breaker.getPhase().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Something that happened, as it stands at a curve. */
  private record Mark(Instant at, String kind, String text) {
    JsonObject json() {
      JsonObject json = new JsonObject();
      json.addProperty("at", at.getEpochSecond());
      json.addProperty("kind", kind);
      json.addProperty("text", text);
      return json;
    }
  }

  /** The curves of one side, put together by the time of each step. */
  private static final class Side {
    private final SortedMap<Long, Traffic> steps = new TreeMap<>();
    private final Map<String, Traffic> processes = new TreeMap<>();

    void add(String process, Curve curve, long step) {
      processes.computeIfAbsent(process, made -> new Traffic()).add(curve);
      long second = curve.getStart().getSeconds();
      for (int i = 0; i < curve.getStepsCount(); i++) {
        steps
            .computeIfAbsent(second + i * step, made -> new Traffic())
            .add(Curve.newBuilder().addSteps(curve.getSteps(i)).build());
      }
    }

    Traffic total() {
      Traffic total = new Traffic();
      processes.values().forEach(total::add);
      return total;
    }

    Instant start(Side other) {
      long first = steps.isEmpty() ? Long.MAX_VALUE : steps.firstKey();
      if (!other.steps.isEmpty()) {
        first = Math.min(first, other.steps.firstKey());
      }
      return Instant.ofEpochSecond(first);
    }

    JsonObject json(long step) {
      JsonObject json = new JsonObject();
      JsonArray starts = new JsonArray();
      steps.keySet().forEach(starts::add);
      json.add("start", starts);
      json.add("rate", series(each -> each.rate() / step));
      json.add("failed", series(each -> each.rate() * each.failures() / step));
      json.add("rejectedRate", series(each -> (double) each.rejectedCalls() / step));
      json.add("inFlight", series(Traffic::inFlight));
      json.add("p50", series(Traffic::p50));
      json.add("p90", series(Traffic::p90));
      json.add("p99", series(Traffic::p99));
      json.add("p999", series(Traffic::p999));
      JsonArray rows = new JsonArray();
      processes.forEach(
          (name, traffic) -> {
            JsonObject row = new JsonObject();
            row.addProperty("process", name);
            row.addProperty("inFlight", traffic.inFlight());
            EndpointJson.addTraffic(row, traffic);
            row.addProperty("rate", EndpointJson.round(traffic.rate() / step));
            rows.add(row);
          });
      json.add("processes", rows);
      return json;
    }

    private JsonArray series(ToDoubleFunction<Traffic> figure) {
      JsonArray array = new JsonArray();
      steps.values().forEach(each -> array.add(EndpointJson.round(figure.applyAsDouble(each))));
      return array;
    }
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    out.append(TextTable.clean(View.text(page, "method")))
        .append(", the last ")
        .append(View.text(page, "window"))
        .append('\n');
    JsonObject load = page.getAsJsonObject("load");
    out.append("in flight ")
        .append(View.text(load, "inFlight"))
        .append(", waiting ")
        .append(View.text(load, "waiting"))
        .append(", rejected ")
        .append(ServiceView.rejected(load.getAsJsonObject("rejected")))
        .append("\n\n");
    TextTable table =
        new TextTable("SIDE", "PROCESS", "RATE", "FAILED", "P50", "P90", "P99", "P99.9");
    for (String side : List.of("server", "client")) {
      for (JsonObject row : View.rows(page.getAsJsonObject(side), "processes")) {
        table.add(
            side,
            View.text(row, "process"),
            View.rate(row),
            View.failures(row),
            View.time(row, "p50"),
            View.time(row, "p90"),
            View.time(row, "p99"),
            View.time(row, "p999"));
      }
    }
    table.printTo(out);
    for (JsonObject mark : View.rows(page, "marks")) {
      out.append(Instant.ofEpochSecond((long) View.number(mark, "at")))
          .append("  ")
          .append(TextTable.clean(View.text(mark, "text")))
          .append('\n');
    }
  }
}
