package io.fairlead.telemetry;

import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Carries W3C Trace Context and Baggage from call to call, and records nothing: the ids are for
 * logs, explanations, and other processes. A server takes them from the headers of a call, or
 * begins a trace. The calls that its handler makes belong to the same trace, also from a
 * continuation that uses {@link io.fairlead.CallContext#channel}.
 *
 * <pre>{@code
 * Tracing tracing = Tracing.create();
 * RpcServer server = tracing.addTo(RpcServer.builder("inventory"))....start();
 * RpcChannel channel = tracing.addTo(RpcChannel.to("etcd:///pricing")).build();
 * }</pre>
 *
 * <p>A header that is malformed is ignored, as the specification says. Safe for use by many
 * threads.
 */
public final class Tracing {
  static final Metadata.Key<String> BAGGAGE =
      Metadata.Key.of("baggage", Metadata.ASCII_STRING_MARSHALLER);

  private final Set<String> baggageKeys;
  private final double sampledShare;
  private final LongSupplier random;

  private Tracing(Builder builder) {
    this.baggageKeys = Set.copyOf(builder.baggageKeys);
    this.sampledShare = builder.sampledShare;
    this.random = builder.random;
  }

  /** Returns one with the defaults. */
  public static Tracing create() {
    return builder().build();
  }

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  /** Lets the calls of a channel carry their trace. Returns the same builder. */
  public RpcChannel.Builder addTo(RpcChannel.Builder channel) {
    return channel.intercept(new Injector()).observer(new Remarks());
  }

  /** Lets a server take part in the traces of its callers. Returns the same builder. */
  public RpcServer.Builder addTo(RpcServer.Builder server) {
    return server.observer(new Extractor());
  }

  /**
   * Begins a trace. For work that no call began, such as a job: {@code
   * tracing.newTrace().in(Context.current()).run(() -> ...)}.
   */
  public TraceContext newTrace() {
    long high = nextId();
    long low = nextId();
    // As samplers of other libraries do: a share of the ids, not one more random number.
    boolean sampled = sampledShare >= 1 || (low >>> 1) < sampledShare * Long.MAX_VALUE;
    return new TraceContext(
        high, low, nextId(), 0, sampled ? TraceHeaders.SAMPLED : 0, "", Map.of());
  }

  private long nextId() {
    long id = random.getAsLong();
    while (id == 0) {
      id = random.getAsLong();
    }
    return id;
  }

  private void inject(TraceContext trace, Metadata headers) {
    trace.writeTo(headers);
    if (!trace.rawBaggage().isEmpty()) {
      String baggage = BaggageHeader.format(trace.rawBaggage(), baggageKeys);
      if (!baggage.isEmpty()) {
        headers.discardAll(BAGGAGE);
        headers.put(BAGGAGE, baggage);
      }
    }
  }

  /** Returns the span of a call that has come with these headers. */
  private TraceContext extract(Metadata headers) {
    TraceContext caller = TraceContext.from(headers).orElse(null);
    TraceContext own = caller == null ? newTrace() : caller.child(nextId());
    Iterable<String> baggage = baggageKeys.isEmpty() ? null : headers.getAll(BAGGAGE);
    return baggage == null ? own : own.withRawBaggage(BaggageHeader.parse(baggage, baggageKeys));
  }

  /** Gives each call of a channel a span, and its headers. */
  private final class Injector implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      Context context = Context.current();
      TraceContext parent = TraceContext.find(context);
      TraceContext own = parent == null ? newTrace() : parent.child(nextId());
      // The call takes the context in which it is made; observers find the span in it.
      Context with = own.in(context);
      Context previous = with.attach();
      try {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<R> listener, Metadata headers) {
            inject(own, headers);
            super.start(listener, headers);
          }
        };
      } finally {
        with.detach(previous);
      }
    }

    @Override
    public String toString() {
      return "Tracing";
    }
  }

  /** Takes the trace of each call of a server from its headers. */
  private final class Extractor implements ServerCallObserver {
    @Override
    public Context callContext(String method, Metadata headers, Context context) {
      return extract(headers).in(context);
    }

    @Override
    public void callEnded(ServerCallOutcome outcome) {}

    @Override
    public String toString() {
      return "Tracing";
    }
  }

  /** Names the trace in explanations. */
  private static final class Remarks implements CallObserver {
    @Override
    public void callEnded(CallOutcome outcome) {}

    @Override
    public String remark(CallOutcome failure) {
      TraceContext trace = TraceContext.find(failure.context());
      return trace == null ? "" : "trace " + trace.traceId() + ", span " + trace.spanId();
    }

    @Override
    public String toString() {
      return "Tracing";
    }
  }

  /** Describes a tracing. */
  public static final class Builder {
    private Set<String> baggageKeys = Set.of();
    private double sampledShare;
    private LongSupplier random = () -> ThreadLocalRandom.current().nextLong();

    private Builder() {}

    /**
     * Sets the keys of baggage that a server takes from its callers, and that a channel sends on.
     * Default: none, as baggage may say more than another service is to know.
     */
    public Builder baggage(String... keys) {
      for (String key : keys) {
        if (!BaggageHeader.isToken(key)) {
          throw new IllegalArgumentException("baggage key \"" + key + "\" is not a token of HTTP");
        }
      }
      baggageKeys = Set.of(keys);
      return this;
    }

    /**
     * Sets the share of traces that begin here, from 0 to 1, which other processes are asked to
     * record. Default: 0. What others began keeps their wish.
     */
    public Builder sampled(double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException("sampled " + share + " is not between 0 and 1");
      }
      sampledShare = share;
      return this;
    }

    /** For tests: where ids come from. */
    Builder random(LongSupplier source) {
      random = source;
      return this;
    }

    /** Makes it. */
    public Tracing build() {
      return new Tracing(this);
    }
  }
}
