package io.fairlead.samples.observability;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps all spans, as a tracing system would that every process sends them to. */
final class Spans implements SpanProcessor {
  private final List<SpanData> ended = new CopyOnWriteArrayList<>();

  /** Returns the spans of a trace, outermost first. */
  List<SpanData> ofTrace(String traceId) {
    return ended.stream()
        .filter(span -> span.getTraceId().equals(traceId))
        .sorted(Comparator.comparingInt(this::depth))
        .toList();
  }

  /** Returns how many spans a span is in. */
  int depth(SpanData span) {
    return ended.stream()
        .filter(each -> each.getSpanId().equals(span.getParentSpanId()))
        .findFirst()
        .map(parent -> 1 + depth(parent))
        .orElse(0);
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    // Only spans that have ended are kept.
  }

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    ended.add(span.toSpanData());
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }
}
