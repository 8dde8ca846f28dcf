package io.fairlead.samples.observability;

import io.fairlead.policy.Code;
import io.fairlead.samples.observability.images.ImagesRpc;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;

/** The way from an alert to a line of code. Each step uses what the step before has found. */
final class Walk {
  /** As the alert FairleadServerFailures in docs/alerts/fairlead.yml has it. */
  private static final double THRESHOLD = 0.05;

  private static final Set<Code> SERVER_ERRORS =
      Set.of(
          Code.UNKNOWN,
          Code.DEADLINE_EXCEEDED,
          Code.UNIMPLEMENTED,
          Code.INTERNAL,
          Code.UNAVAILABLE,
          Code.DATA_LOSS);

  private static final String METHOD = ImagesRpc.CLASSIFY.fullName();
  private static final int WIDTH = 100;

  private final Fleet fleet;
  private final PrintStream out;
  private int steps;

  Walk(Fleet fleet, PrintStream out) {
    this.fleet = fleet;
    this.out = out;
  }

  void go() throws InterruptedException {
    alert();
    Map.Entry<Instance, Code> fault = metrics();
    Instance instance = fault.getKey();
    String trace =
        await("exemplar of " + instance.name(), () -> instance.exampleOf(fault.getValue()));
    trace(instance, trace);
    accessLog(instance, trace);
    explanation(trace);
    code(instance);
  }

  private static boolean isError(Map.Entry<Code, Long> calls) {
    return SERVER_ERRORS.contains(calls.getKey());
  }

  private static long failures(Instance instance) {
    return instance.calls().entrySet().stream()
        .filter(Walk::isError)
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private void alert() {
    long all =
        fleet.instances().stream()
            .flatMap(each -> each.calls().values().stream())
            .mapToLong(Long::longValue)
            .sum();
    double share = (double) fleet.instances().stream().mapToLong(Walk::failures).sum() / all;
    step("Alert");
    if (share <= THRESHOLD) {
      throw new IllegalStateException("There is no alert: " + share + " of the calls failed");
    }
    print("FairleadServerFailures: %.1f%% of the calls of %s fail", 100 * share, METHOD);
    print("runbook: docs/runbooks.md#fairleadserverfailures");
  }

  /** Returns the instance with the most failures, and their status. */
  private Map.Entry<Instance, Code> metrics() {
    step("Metrics: calls by instance and status");
    for (Instance each : fleet.instances()) {
      String calls =
          each.calls().entrySet().stream()
              .map(call -> call.getKey() + " " + call.getValue())
              .collect(Collectors.joining(", "));
      print("%s  %s", each.name(), calls);
    }
    Instance worst =
        fleet.instances().stream()
            .max((one, other) -> Long.compare(failures(one), failures(other)))
            .orElseThrow();
    Code code =
        worst.calls().entrySet().stream()
            .filter(Walk::isError)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    return Map.entry(worst, code);
  }

  private void trace(Instance instance, String trace) throws InterruptedException {
    step("Trace: the exemplar of the failed calls of " + instance.name());
    print("trace %s", trace);
    List<SpanData> spans =
        await(
            "trace " + trace,
            () -> Optional.of(fleet.spans().ofTrace(trace)).filter(all -> all.size() == 3));
    for (SpanData span : spans) {
      print(
          "%-58s %8.3f ms  %s%s",
          "  ".repeat(fleet.spans().depth(span)) + span.getKind() + " " + span.getName(),
          (span.getEndEpochNanos() - span.getStartEpochNanos()) / 1e6,
          text(span, "rpc.status_code"),
          detail(span));
    }
  }

  private static String detail(SpanData span) {
    Long port = span.getAttributes().get(AttributeKey.longKey("network.peer.port"));
    String reason = text(span, "fairlead.pick.reason");
    String ending = text(span, "fairlead.ending");
    return (reason.isEmpty() ? "" : " at port " + port + ", picked by " + reason)
        + (ending.isEmpty() ? "" : ", " + ending);
  }

  private static String text(SpanData span, String attribute) {
    String value = span.getAttributes().get(AttributeKey.stringKey(attribute));
    return value == null ? "" : value;
  }

  private void accessLog(Instance instance, String trace) throws InterruptedException {
    step("Access log: the line of " + instance.name() + " with this trace");
    String line = await("line of " + trace, () -> instance.line(trace));
    wrap(line, "(?<=,)(?=\")");
  }

  /** Prints a long line as several, broken where a pattern matches. */
  private void wrap(String line, String pattern) {
    StringBuilder row = new StringBuilder();
    String between = pattern.isBlank() ? pattern : "";
    for (String part : line.split(pattern, -1)) {
      if (row.length() + part.length() > WIDTH) {
        print("%s", row);
        row.setLength(0);
      }
      row.append(row.isEmpty() ? "" : between).append(part);
    }
    print("%s", row);
  }

  private void explanation(String trace) throws InterruptedException {
    step("Explanation: what the client knows of the call");
    String text = await("explanation of " + trace, () -> fleet.explanation(trace));
    // What follows are the policies, of which none was at work.
    text.lines()
        .takeWhile(line -> !line.strip().equals("policy:"))
        .forEach(line -> wrap(line, " "));
  }

  private void code(Instance instance) throws InterruptedException {
    step("Line of code: the log of " + instance.name());
    LogRecord failure =
        await("log of the handler", () -> fleet.handlerLog().failures().stream().findFirst());
    print("%s", failure.getMessage());
    print("%s", failure.getThrown());
    Arrays.stream(failure.getThrown().getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("io.fairlead.samples."))
        .limit(2)
        .forEach(frame -> print("  at %s", frame));
  }

  /** Each process writes down what it knows a moment after the response. */
  private static <T> T await(String what, Supplier<Optional<T>> source)
      throws InterruptedException {
    long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (System.nanoTime() < limit) {
      Optional<T> found = source.get();
      if (found.isPresent()) {
        return found.get();
      }
      Thread.sleep(10);
    }
    throw new IllegalStateException("There is no " + what);
  }

  private void step(String title) {
    out.println((steps == 0 ? "" : "\n") + ++steps + ". " + title);
  }

  private void print(String format, Object... values) {
    out.println("   " + String.format(Locale.ROOT, format, values));
  }
}
