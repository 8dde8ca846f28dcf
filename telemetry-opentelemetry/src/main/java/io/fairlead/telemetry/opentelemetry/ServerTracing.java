package io.fairlead.telemetry.opentelemetry;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.grpc.Context;
import io.grpc.Metadata;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/** Begins and ends the spans of the calls of a server, and makes them current for handlers. */
final class ServerTracing implements ServerCallObserver {
  private final Tracer tracer;
  private final MetadataPropagator propagator;

  ServerTracing(Tracer tracer, MetadataPropagator propagator) {
    this.tracer = tracer;
    this.propagator = propagator;
  }

  @Override
  public Context callContext(String method, Metadata headers, Context context) {
    return new ServerSpan(tracer, method, propagator.extract(headers)).in(context);
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
  public @Nullable Runnable handlerEntered() {
    ServerSpan span = ServerSpan.of(Context.current());
    if (span == null) {
      return null;
    }
    Scope scope = span.inside().makeCurrent();
    return scope::close;
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
