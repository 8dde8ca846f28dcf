package io.fairlead.telemetry.opentelemetry;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Context;
import io.grpc.Metadata;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/** Begins and ends the spans of the calls of a server, and makes them current for handlers. */
final class ServerTracing implements ServerCallObserver {
  private final Tracer tracer;
  private final MetadataPropagator propagator;

  /** Null if the SDK decides what is recorded. */
  private final @Nullable HeadSampler sampler;

  ServerTracing(Tracer tracer, MetadataPropagator propagator, @Nullable HeadSampler sampler) {
    this.tracer = tracer;
    this.propagator = propagator;
    this.sampler = sampler;
  }

  @Override
  public Context callContext(String method, Metadata headers, Context context) {
    TraceContext unrecorded = sampler == null ? null : sampler.unrecorded(headers);
    if (unrecorded == null) {
      return new ServerSpan(tracer, method, propagator.extract(headers)).in(context);
    }
    Context with = unrecorded.in(context);
    return propagator.hasBaggage(headers)
        ? ServedBaggage.in(with, propagator.extract(headers))
        : with;
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
  public @Nullable Runnable handlerEntered() {
    Context context = Context.current();
    ServerSpan span = ServerSpan.of(context);
    io.opentelemetry.context.Context inside = span == null ? unrecorded(context) : span.inside();
    if (inside == null) {
      return null;
    }
    Scope scope = inside.makeCurrent();
    return scope::close;
  }

  /** Returns what keeps the SDK from recording what the handler does; null if it may. */
  private io.opentelemetry.context.@Nullable Context unrecorded(Context context) {
    TraceContext trace = sampler == null ? null : TraceContext.of(context).orElse(null);
    return trace == null
        ? null
        : ServedBaggage.of(context).with(Span.wrap(new UnrecordedSpanContext(trace)));
  }

  @Override
  public void callEnded(ServerCallOutcome outcome) {
    ServerSpan span = ServerSpan.of(outcome.context());
    if (span != null) {
      span.end(outcome);
    }
  }

  @Override
  public String toString() {
    return "OpenTelemetry";
  }
}
