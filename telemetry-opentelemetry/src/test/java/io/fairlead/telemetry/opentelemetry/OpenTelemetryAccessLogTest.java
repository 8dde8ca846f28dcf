package io.fairlead.telemetry.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Context;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines of the access log, as an SDK gets them. */
@Timeout(60)
class OpenTelemetryAccessLogTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  private final List<LogRecordData> records = new CopyOnWriteArrayList<>();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setLoggerProvider(
              SdkLoggerProvider.builder()
                  .addLogRecordProcessor((context, record) -> records.add(record.toLogRecordData()))
                  .build())
          .build();

  @AfterEach
  void close() {
    sdk.close();
  }

  private static ServerCallOutcome outcome(Context context, Code code, String description) {
    return ServerCallOutcome.builder("shop.v1.Inventory/Reserve")
        .context(context)
        .status(code, description)
        .totalTime(Duration.ofMillis(3))
        .build();
  }

  /** Writes one line, and returns its record. */
  private LogRecordData written(ServerCallOutcome outcome) {
    try (AccessLog log = OpenTelemetryAccessLog.to(sdk).sample(1).build()) {
      log.callEnded(outcome);
    }
    assertThat(records).hasSize(1);
    return records.get(0);
  }

  private static String body(LogRecordData record) {
    Value<?> body = record.getBodyValue();
    assertThat(body).isNotNull();
    return body.asString();
  }

  @Test
  void aLineIsARecordThatBelongsToTheSpanOfItsCall() {
    Context context = TraceContext.of(TRACE, SPAN, "", true).in(Context.ROOT);
    long before = TimeUnit.MILLISECONDS.toNanos(Instant.now().toEpochMilli());
    LogRecordData record = written(outcome(context, Code.UNAVAILABLE, "no shelf"));
    assertThat(record.getSpanContext().getTraceId()).isEqualTo(TRACE);
    assertThat(record.getSpanContext().getSpanId()).isEqualTo(SPAN);
    assertThat(record.getSeverity()).isEqualTo(Severity.WARN);
    assertThat(record.getTimestampEpochNanos()).isGreaterThanOrEqualTo(before);
    assertThat(record.getInstrumentationScopeInfo().getName()).isEqualTo("io.fairlead.access");
    assertThat(body(record))
        .startsWith("{\"time\":")
        .contains("\"code\":\"UNAVAILABLE\"", "\"message\":\"no shelf\"");
  }

  @Test
  void aGoodCallWithoutATraceHasNone() {
    LogRecordData record = written(outcome(Context.ROOT, Code.OK, ""));
    assertThat(record.getSpanContext().isValid()).isFalse();
    assertThat(record.getSeverity()).isEqualTo(Severity.INFO);
  }

  @Test
  void whatACallerWritesIntoItsMessageIsTakenForNoId() {
    String message = "\"trace_id\":\"" + TRACE + "\",\"span_id\":\"" + SPAN + "\"";
    LogRecordData record = written(outcome(Context.ROOT, Code.NOT_FOUND, message));
    assertThat(body(record)).contains("\\\"trace_id\\\"");
    assertThat(record.getSpanContext().isValid()).isFalse();
  }
}
