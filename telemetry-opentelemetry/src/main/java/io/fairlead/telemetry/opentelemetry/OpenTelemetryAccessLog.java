package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.AccessLog;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the access log to OpenTelemetry: each line is the body of a log record, which belongs to
 * the span of its call. A line of a failed call has the severity WARN, others INFO.
 *
 * <pre>{@code
 * AccessLog log = OpenTelemetryAccessLog.to(openTelemetry).slow(Duration.ofMillis(200)).build();
 * }</pre>
 */
public final class OpenTelemetryAccessLog {
  private OpenTelemetryAccessLog() {}

  /** Starts to describe an access log that goes to OpenTelemetry. */
  public static AccessLog.Builder to(OpenTelemetry openTelemetry) {
    return AccessLog.to(new Records(openTelemetry.getLogsBridge().get("io.fairlead.access")));
  }

  /** Makes records of lines. Values of JSON have no quotes, so that no text passes for a field. */
  private static final class Records implements AccessLog.Sink {
    private static final Pattern IDS =
        Pattern.compile("\"trace_id\":\"([0-9a-f]{32})\",\"span_id\":\"([0-9a-f]{16})\"");
    private static final Pattern TIME = Pattern.compile("^\\{\"time\":\"([^\"]+)\"");
    private static final String FAILED = "\"kept\":\"failed\"";

    private final Logger logger;

    Records(Logger logger) {
      this.logger = logger;
    }

    @Override
    public void write(String line) {
      Severity severity = line.contains(FAILED) ? Severity.WARN : Severity.INFO;
      Matcher time = TIME.matcher(line);
      logger
          .logRecordBuilder()
          .setSeverity(severity)
          .setSeverityText(severity.name())
          .setTimestamp(time.find() ? Instant.parse(time.group(1)) : Instant.now())
          .setContext(contextOf(line))
          .setBody(line)
          .emit();
    }

    private static Context contextOf(String line) {
      Matcher ids = IDS.matcher(line);
      return ids.find()
          ? Context.root()
              .with(
                  Span.wrap(
                      SpanContext.create(
                          ids.group(1),
                          ids.group(2),
                          TraceFlags.getDefault(),
                          TraceState.getDefault())))
          : Context.root();
    }

    @Override
    public String toString() {
      return "OpenTelemetry";
    }
  }
}
