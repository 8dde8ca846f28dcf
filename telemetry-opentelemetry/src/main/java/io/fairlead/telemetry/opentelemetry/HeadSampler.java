package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.TraceContext;
import io.fairlead.telemetry.Tracing;
import io.grpc.Context;
import io.grpc.Metadata;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a call is recorded, before the SDK is asked for anything. A call does what the
 * call or the span above it does; a share of those with nothing above is recorded.
 */
final class HeadSampler {
  /** Makes the ids of traces that nobody records. */
  private final Tracing unrecorded = Tracing.create();

  private final double share;
  private final DoubleSupplier random;

  /**
   * @param random numbers from 0 to 1
   */
  HeadSampler(double share, DoubleSupplier random) {
    this.share = share;
    this.random = random;
  }

  /** Returns the ids of a call that a server gets; null if it is to be recorded. */
  @Nullable TraceContext unrecorded(Metadata headers) {
    TraceContext caller = TraceContext.from(headers).orElse(null);
    return caller == null ? begin() : below(caller);
  }

  /**
   * Returns the ids of a call that is made in this context; null if it is to be recorded.
   *
   * @param parent what its span would belong to
   */
  @Nullable TraceContext unrecorded(Context context, io.opentelemetry.context.Context parent) {
    SpanContext above = Span.fromContext(parent).getSpanContext();
    TraceContext served =
        ServerSpan.of(context) == null ? TraceContext.of(context).orElse(null) : null;
    if (served != null) {
      // Code of an unrecorded call; what is current on its thread may be of another trace.
      return above.isSampled() && isOf(served, above) ? null : below(served);
    }
    return above.isValid() ? below(above) : begin();
  }

  private @Nullable TraceContext begin() {
    return random.getAsDouble() < share ? null : unrecorded.newTrace();
  }

  private static @Nullable TraceContext below(TraceContext above) {
    return above.sampled() ? null : above.child();
  }

  private static @Nullable TraceContext below(SpanContext above) {
    if (above.isSampled()) {
      return null;
    }
    return above instanceof UnrecordedSpanContext own
        ? own.trace().child()
        : TraceContext.of(above.getTraceId(), above.getSpanId(), "", false).child();
  }

  private static boolean isOf(TraceContext trace, SpanContext span) {
    return span.isValid() && span.getTraceId().equals(trace.traceId());
  }
}
