package io.fairlead;

import io.fairlead.security.Caller;
import io.fairlead.security.PeerIdentity;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The call that is being served: who calls, with which headers, and how much time is left.
 *
 * <p>{@link #current} finds it inside a handler; the per-call form of {@code bind} hands it over.
 * It travels in the {@link Context} of gRPC, not in a thread-local of ours, so what carries that
 * carries this. Safe for use by several threads, apart from the response headers and trailers.
 */
public final class CallContext {
  private static final Context.Key<CallContext> KEY = Context.key("fairlead-call");

  private final ServerCall<?, ?> call;
  private final Metadata headers;
  private final Context context;
  private @Nullable Metadata responseHeaders;
  private @Nullable Metadata responseTrailers;
  private boolean headersSent;

  private CallContext(ServerCall<?, ?> call, Metadata headers, Context parent) {
    this.call = call;
    this.headers = headers;
    this.context = parent.withValue(KEY, this);
  }

  /**
   * Opens the context of a call that a server has accepted. For the runtime: generated bindings do
   * it, and a server does it for services that were not generated.
   *
   * @param call the call as the handler sees it
   * @param headers what came with the call
   * @param parent the call's own gRPC context, which ends with the call
   */
  public static CallContext open(ServerCall<?, ?> call, Metadata headers, Context parent) {
    CallContext outer = KEY.get(parent);
    return outer != null && outer.headers == headers
        ? outer
        : new CallContext(call, headers, parent);
  }

  /**
   * Returns the call being served by the code that asks.
   *
   * @throws IllegalStateException outside a handler
   */
  public static CallContext current() {
    CallContext current = KEY.get();
    if (current == null) {
      throw new IllegalStateException(
          "no call is being served on thread "
              + Thread.currentThread().getName()
              + "; a continuation of an async handler takes the CallContext from the per-call"
              + " bind()");
    }
    return current;
  }

  /** Returns the call being served by the code that asks, if there is one. */
  public static Optional<CallContext> find() {
    return Optional.ofNullable(KEY.get());
  }

  /** Returns the full name of the method, such as {@code shop.v1.Inventory/Reserve}. */
  public String method() {
    return call.getMethodDescriptor().getFullMethodName();
  }

  /** Returns the caller's address, if the transport knows one. */
  public Optional<SocketAddress> peer() {
    return Optional.ofNullable(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
  }

  /** Returns who the caller is by its certificate; empty without mutual TLS. */
  public Optional<PeerIdentity> peerIdentity() {
    return PeerIdentity.of(call.getAttributes());
  }

  /** Returns who calls, with the claims of its token; empty on a server without an authorizer. */
  public Optional<Caller> caller() {
    return Optional.ofNullable(Caller.of(context));
  }

  /** Returns what the transport and the server's interceptors know about the connection. */
  public Attributes attributes() {
    return call.getAttributes();
  }

  /** Returns the authority that the caller asked for, if it said one. */
  public Optional<String> authority() {
    return Optional.ofNullable(call.getAuthority());
  }

  /** Returns the request's headers. Do not change them. */
  public Metadata headers() {
    return headers;
  }

  /** Returns the last value of a text header. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(
        headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
  }

  /** Returns when the caller stops waiting, if it said so. */
  public Optional<Deadline> deadline() {
    return Optional.ofNullable(context.getDeadline());
  }

  /** Returns the time left until the deadline; zero when it has passed. */
  public Optional<Duration> remaining() {
    return deadline()
        .map(
            deadline ->
                Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS))));
  }

  /** Returns whether the call has ended: cancelled, expired or answered. */
  public boolean isCancelled() {
    // A call that is cancelled says so before its context does.
    return call.isCancelled() || context.isCancelled();
  }

  /** Runs {@code action} once the call has ended, on the thread that ended it. */
  public void onCancel(Runnable action) {
    onCancel(action, Runnable::run);
  }

  /** Runs {@code action} on {@code executor} once the call has ended. */
  public void onCancel(Runnable action, Executor executor) {
    context.addListener(ended -> action.run(), executor);
  }

  /**
   * Headers to send before the first message of the response, or before the status if there is no
   * message. What is added after they were sent is lost.
   */
  public Metadata responseHeaders() {
    if (responseHeaders == null) {
      responseHeaders = new Metadata();
    }
    return responseHeaders;
  }

  /**
   * Sends the response headers now. For a response stream whose first message may come late: the
   * caller sees that its call was taken. The headers of a single response leave with that response.
   *
   * <p>Must not run at the same time as a message is sent. Does nothing if they were sent before.
   */
  public void sendResponseHeaders() {
    if (!headersSent) {
      headersSent = true;
      if (!call.isCancelled()) {
        call.sendHeaders(responseHeaders());
      }
    }
  }

  /** Trailers to send with the status. */
  public Metadata responseTrailers() {
    if (responseTrailers == null) {
      responseTrailers = new Metadata();
    }
    return responseTrailers;
  }

  /** Returns the gRPC context of the call: deadline, cancellation, trace. */
  public Context context() {
    return context;
  }

  /**
   * Returns a view of a channel whose calls belong to this one, whichever thread makes them: they
   * take its deadline, are cancelled with it, and carry its trace. For continuations of async
   * handlers; a blocking handler needs it only on threads of its own.
   */
  public Channel channel(Channel channel) {
    return ClientInterceptors.intercept(channel, new ContextInterceptor(context));
  }

  @Override
  public String toString() {
    return "CallContext[" + method() + " from " + peer().map(Object::toString).orElse("?") + "]";
  }

  /** What a call captures from its context it captures when it is made and when it is started. */
  private record ContextInterceptor(Context context) implements io.grpc.ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      Context previous = context.attach();
      try {
        return new InContext<>(next.newCall(method, options), context);
      } finally {
        context.detach(previous);
      }
    }
  }

  private static final class InContext<Q, R>
      extends io.grpc.ForwardingClientCall.SimpleForwardingClientCall<Q, R> {
    private final Context context;

    InContext(ClientCall<Q, R> call, Context context) {
      super(call);
      this.context = context;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      Context previous = context.attach();
      try {
        delegate().start(listener, headers);
      } finally {
        context.detach(previous);
      }
    }
  }
}
