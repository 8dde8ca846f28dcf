package io.fairlead.telemetry.opentelemetry;

import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.FallbackKind;
import io.fairlead.telemetry.TraceContext;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import org.jspecify.annotations.Nullable;

/** Begins and ends the spans of the calls of a channel. */
final class ClientTracing implements ClientInterceptor, CallObserver {
  private final Tracer tracer;
  private final MetadataPropagator propagator;

  /** Null if the SDK decides what is recorded. */
  private final @Nullable HeadSampler sampler;

  ClientTracing(Tracer tracer, MetadataPropagator propagator, @Nullable HeadSampler sampler) {
    this.tracer = tracer;
    this.propagator = propagator;
    this.sampler = sampler;
  }

  /** Returns the interceptor of attempts, which writes the headers. */
  ClientInterceptor attempts() {
    return new Attempts();
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    Context context = Context.current();
    io.opentelemetry.context.Context parent = parent(context);
    TraceContext unrecorded = sampler == null ? null : sampler.unrecorded(context, parent);
    if (unrecorded != null) {
      return unrecordedCall(unrecorded, baggage(context, parent), context, method, options, next);
    }
    CallSpan call = new CallSpan(tracer, method.getFullMethodName(), parent);
    // The call takes the context in which it is made; attempts and outcomes find the span in it.
    Context with = call.in(context);
    Context previous = with.attach();
    try {
      return new TracedCall<>(next.newCall(method, options), call);
    } catch (RuntimeException e) {
      call.end(Status.fromThrowable(e));
      throw e;
    } finally {
      with.detach(previous);
    }
  }

  private <Q, R> ClientCall<Q, R> unrecordedCall(
      TraceContext trace,
      io.opentelemetry.context.@Nullable Context baggage,
      Context context,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      Channel next) {
    Context with = trace.in(CallSpan.notIn(context));
    Context previous = with.attach();
    try {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          if (baggage != null) {
            propagator.inject(baggage, headers);
          }
          trace.writeTo(headers);
          super.start(listener, headers);
        }
      };
    } finally {
      with.detach(previous);
    }
  }

  /** Returns where the baggage of an unrecorded call is: that of its thread, or of its handler. */
  private static io.opentelemetry.context.@Nullable Context baggage(
      Context context, io.opentelemetry.context.Context parent) {
    if (!Baggage.fromContext(parent).isEmpty()) {
      return parent;
    }
    io.opentelemetry.context.Context served = ServedBaggage.of(context);
    return Baggage.fromContext(served).isEmpty() ? null : served;
  }

  /**
   * Returns what the call belongs to: the span that is current here, unless the code acts for a
   * handler of another trace.
   */
  private static io.opentelemetry.context.Context parent(Context context) {
    io.opentelemetry.context.Context current = io.opentelemetry.context.Context.current();
    ServerSpan served = ServerSpan.of(context);
    if (served == null) {
      return current;
    }
    Span span = Span.fromContextOrNull(current);
    return span != null && served.isOfTrace(span.getSpanContext().getTraceId())
        ? current
        : served.inside();
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    CallSpan call = CallSpan.of(outcome.context());
    if (call != null) {
      call.describe(outcome);
    }
  }

  @Override
  public String remark(CallOutcome failure) {
    return TraceContext.of(failure.context())
        .map(trace -> "trace " + trace.traceId() + ", span " + trace.spanId())
        .orElse("");
  }

  @Override
  public void fallbackServed(CallOutcome failure, FallbackKind kind) {
    CallSpan call = CallSpan.of(failure.context());
    if (call != null) {
      call.fallbackServed(failure, kind);
    }
  }

  @Override
  public String toString() {
    return "OpenTelemetry";
  }

  /** Ends the span when the caller hears of the end. */
  private static final class TracedCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private final CallSpan span;
    private boolean started;

    TracedCall(ClientCall<Q, R> call, CallSpan span) {
      super(call);
      this.span = span;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      started = true;
      try {
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                span.end(status);
                super.onClose(status, trailers);
              }
            },
            headers);
      } catch (RuntimeException e) {
        span.end(Status.fromThrowable(e));
        throw e;
      }
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      super.cancel(message, cause);
      if (!started) {
        span.end(Status.CANCELLED.withDescription(message));
      }
    }
  }

  /** Gives each attempt a span and its headers. */
  private final class Attempts implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      CallSpan call = CallSpan.of(Context.current());
      ClientCall<Q, R> attempt = next.newCall(method, options);
      if (call == null) {
        return attempt;
      }
      return new SimpleForwardingClientCall<>(attempt) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          propagator.inject(call.beginAttempt(), headers);
          super.start(listener, headers);
        }
      };
    }

    @Override
    public String toString() {
      return "OpenTelemetry";
    }
  }
}
