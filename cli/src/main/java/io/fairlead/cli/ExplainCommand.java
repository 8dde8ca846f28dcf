package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Duration;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.ListCallsRequest;
import io.fairlead.discovery.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells the story of one trace: which processes served and made its calls, and how they went. */
@Command(
    name = "explain",
    description =
        "Asks the processes of the registry for the calls of one trace, and shows them in the order in"
            + " which they began.")
final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "TRACE",
      description =
          "The trace id: 32 hexadecimal digits, as logs and the header traceparent have it.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String trace;

  @Option(names = "--json", description = "Writes JSON.")
  private boolean json;

  @Mixin private final AdminOptions options = new AdminOptions();

  private record Found(AdminTarget from, Call call, Instant began) {}

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    String id = trace.toLowerCase(Locale.ROOT);
    if (!id.matches("[0-9a-f]{32}")) {
      throw new CommandException(
          ExitCode.USAGE, "\"" + trace + "\" is not a trace id: 32 hexadecimal digits");
    }
    List<OpenRegistry.Instance> processes = new ArrayList<>();
    Set<String> asked = new HashSet<>();
    try (OpenRegistry registry = options.registry().open(terminal)) {
      for (Map.Entry<String, List<Endpoint>> service : registry.all().entrySet()) {
        for (Endpoint endpoint : service.getValue()) {
          OpenRegistry.Instance instance = new OpenRegistry.Instance(service.getKey(), endpoint);
          // A process of several services is asked once.
          if (asked.add(options.addressOf(instance))) {
            processes.add(instance);
          }
        }
      }
    }
    List<AdminTarget> targets =
        Opening.all(processes, instance -> AdminTarget.of(terminal, instance, options));
    try {
      return show(id, targets);
    } finally {
      targets.forEach(AdminTarget::close);
    }
  }

  private int show(String id, List<AdminTarget> targets) {
    List<Found> found = new ArrayList<>();
    int silent = 0;
    for (AdminTarget target : targets) {
      try {
        for (Call call : target.ask(admin -> admin.listCalls(request(id))).getCallsList()) {
          found.add(new Found(target, call, began(call)));
        }
      } catch (CommandException e) {
        // The others may know enough; which one is missing is said.
        silent++;
        Failures.print(terminal.err(), String.valueOf(e.getMessage()), e.exitCode(), json);
      }
    }
    found.sort(Comparator.comparing(Found::began));
    if (json) {
      JsonArray array = new JsonArray();
      for (Found each : found) {
        JsonObject object = each.from().json(each.call());
        object.addProperty("began", each.began().toString());
        array.add(object);
      }
      terminal.out().println(array);
    } else {
      found.forEach(this::print);
    }
    if (!found.isEmpty()) {
      return ExitCode.OK;
    }
    throw new CommandException(
        ExitCode.NOT_FOUND,
        "none of "
            + (targets.size() - silent)
            + " processes remembers a call of the trace "
            + id
            + "; each keeps its last 256");
  }

  private static ListCallsRequest request(String id) {
    return ListCallsRequest.newBuilder().setTraceId(id).setLimit(256).build();
  }

  private static Instant began(Call call) {
    Duration took = call.getTook();
    return Times.instant(call.getEnded())
        .minusSeconds(took.getSeconds())
        .minusNanos(took.getNanos());
  }

  private void print(Found found) {
    Call call = found.call();
    terminal.out().println(TapCommand.line(found.from(), call));
    if (!call.getExplanation().isEmpty() && !call.getExplanation().equals("OK")) {
      call.getExplanation()
          .lines()
          .forEach(each -> terminal.out().println("    " + each.replaceAll("\\p{Cntrl}", " ")));
    }
  }
}
