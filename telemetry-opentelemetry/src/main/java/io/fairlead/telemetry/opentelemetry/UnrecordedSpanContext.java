package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.TraceContext;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.TraceStateBuilder;

/**
 * Shows the SDK where a call is that nobody records, so that it records nothing below. The texts of
 * the ids are made only if somebody asks for them.
 */
record UnrecordedSpanContext(TraceContext trace) implements SpanContext {
  @Override
  public String getTraceId() {
    return trace.traceId();
  }

  @Override
  public String getSpanId() {
    return trace.spanId();
  }

  @Override
  public TraceFlags getTraceFlags() {
    return TraceFlags.getDefault();
  }

  @Override
  public TraceState getTraceState() {
    TraceStateBuilder state = TraceState.builder();
    String[] members = trace.tracestate().isEmpty() ? new String[0] : trace.tracestate().split(",");
    // The builder puts each new one first.
    for (int i = members.length - 1; i >= 0; i--) {
      int equals = members[i].indexOf('=');
      state.put(members[i].substring(0, equals), members[i].substring(equals + 1));
    }
    return state.build();
  }

  @Override
  public boolean isValid() {
    return true;
  }

  @Override
  public boolean isRemote() {
    return false;
  }
}
