package io.fairlead.telemetry.opentelemetry;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Context;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The span of a call that is served. It travels in the context of the call. */
final class ServerSpan {
  private static final Context.Key<ServerSpan> KEY = Context.key("fairlead-otel-served");

  private final Span span;
  private final SpanClock clock;
  private final io.opentelemetry.context.Context inside;
  private final @Nullable TraceContext ids;

  ServerSpan(Tracer tracer, String method, io.opentelemetry.context.Context parent) {
    String name = method.equals(ServerCallOutcome.OTHER_METHOD) ? "_OTHER" : method;
    this.span = CallSpan.start(tracer, name, SpanKind.SERVER, parent);
    this.clock = span.isRecording() ? SpanClock.start() : SpanClock.UNUSED;
    this.inside = parent.with(span);
    this.ids = CallSpan.ids(span, Span.fromContext(parent).getSpanContext());
  }

  static @Nullable ServerSpan of(Context context) {
    return KEY.get(context);
  }

  Context in(Context context) {
    Context with = context.withValue(KEY, this);
    return ids == null ? with : ids.in(with);
  }

  io.opentelemetry.context.Context inside() {
    return inside;
  }

  boolean isOfTrace(String traceId) {
    return span.getSpanContext().getTraceId().equals(traceId);
  }

  void end(ServerCallOutcome outcome) {
    if (span.isRecording()) {
      describe(outcome);
      span.end(clock.after(outcome.totalTime()), NANOSECONDS);
    }
  }

  private void describe(ServerCallOutcome outcome) {
    SpanAttributes.setStatus(span, outcome.code(), outcome.description(), isError(outcome.code()));
    span.setAttribute(SpanAttributes.ENDING, lower(outcome.ending()));
    outcome
        .rejectionReason()
        .ifPresent(reason -> span.setAttribute(SpanAttributes.REJECTION, lower(reason)));
    outcome
        .injectedFault()
        .ifPresent(fault -> span.setAttribute(SpanAttributes.FAULT, lower(fault)));
    outcome.peer().ifPresent(peer -> SpanAttributes.setPeer(span, peer));
    outcome.caller().ifPresent(caller -> span.setAttribute(SpanAttributes.CALLER, caller));
    if (!outcome.queueTime().isZero()) {
      span.setAttribute(SpanAttributes.QUEUE, outcome.queueTime().toNanos() / 1e9);
    }
  }

  /** As the conventions have it: what the caller did wrong is no error of the server. */
  static boolean isError(Code code) {
    return switch (code) {
      case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
      default -> false;
    };
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
