package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.AccessLog;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.LoggerProvider;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
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
  private static final int FLUSH_SECONDS = 30;

  private OpenTelemetryAccessLog() {}

  /**
   * Starts to describe an access log that goes to OpenTelemetry. What its processor of log records
   * drops, because an exporter hangs, is not told: use {@link #toSdk} for that.
   */
  public static AccessLog.Builder to(OpenTelemetry openTelemetry) {
    return AccessLog.to(new Records(openTelemetry.getLogsBridge(), () -> true));
  }

  /**
   * Starts to describe an access log that goes to the log records of an SDK, and waits on its own
   * thread until they are exported. If an exporter hangs, lines wait in the queue of the access
   * log; those that find no room there are counted by {@link AccessLog#lost}, and one warning says
   * so.
   */
  public static AccessLog.Builder toSdk(SdkLoggerProvider provider) {
    return AccessLog.to(
        new Records(
            provider,
            () -> provider.forceFlush().join(FLUSH_SECONDS, TimeUnit.SECONDS).isSuccess()));
  }

  /** Makes records of lines. Values of JSON have no quotes, so that no text passes for a field. */
  private static final class Records implements AccessLog.Sink {
    private static final Pattern IDS =
        Pattern.compile("\"trace_id\":\"([0-9a-f]{32})\",\"span_id\":\"([0-9a-f]{16})\"");
    private static final Pattern TIME = Pattern.compile("^\\{\"time\":\"([^\"]+)\"");
    private static final String FAILED = "\"kept\":\"failed\"";

    /** Half of what a processor of the SDK has room for: so it never has to drop a line. */
    private static final int MAX_UNFLUSHED = 1_024;

    private final Logger logger;
    private final BooleanSupplier exporter;
    private int unflushed;

    /**
     * @param exporter waits until all records are exported; returns whether they are
     */
    Records(LoggerProvider provider, BooleanSupplier exporter) {
      this.logger = provider.get("io.fairlead.access");
      this.exporter = exporter;
    }

    @Override
    public void write(String line) throws IOException {
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
      if (++unflushed >= MAX_UNFLUSHED) {
        flush();
      }
    }

    @Override
    public void flush() throws IOException {
      unflushed = 0;
      if (!exporter.getAsBoolean()) {
        throw new IOException("the SDK has not exported them within " + FLUSH_SECONDS + "s");
      }
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
