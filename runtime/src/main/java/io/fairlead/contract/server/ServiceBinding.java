package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.ServiceContract;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Binds the methods of a contract to the methods of a handler. Used by generated code.
 *
 * <p>It collects one handler for each method, and {@link Blocking#build} checks that none is
 * missing. Which shape a method has is known to generated code, so each shape is a method here, and
 * its types are checked by the compiler.
 */
public final class ServiceBinding {
  private final ServiceContract service;
  private final Map<MethodContract<?, ?>, ServerCallHandler<?, ?>> bound = new HashMap<>();

  private ServiceBinding(ServiceContract service) {
    this.service = service;
  }

  /** Binds a handler that may block: each call runs on a thread of its own. */
  public static <S> Blocking<S> blocking(
      ServiceContract service, Function<CallContext, ? extends S> handler) {
    return new Blocking<>(new ServiceBinding(service), handler);
  }

  /** Binds a handler that never blocks: its code runs on the event loop. */
  public static <S> Async<S> async(
      ServiceContract service, Function<CallContext, ? extends S> handler) {
    return new Async<>(new ServiceBinding(service), handler);
  }

  /**
   * Returns whether a method of a server was bound here. Such a method chooses its own thread; any
   * other is code that we did not generate, and must not run on an event loop.
   */
  public static boolean isBound(ServerMethodDefinition<?, ?> method) {
    return method.getServerCallHandler() instanceof BoundMethod;
  }

  private <Q, R> void put(MethodContract<Q, R> method, ServerCallHandler<Q, R> handler) {
    if (!service.methods().contains(method)) {
      throw new IllegalArgumentException(
          method.fullName() + " is not a method of " + service.name());
    }
    if (bound.put(method, handler) != null) {
      throw new IllegalArgumentException(method.fullName() + " is bound twice");
    }
  }

  private ServerServiceDefinition build() {
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(service.descriptor());
    for (MethodContract<?, ?> method : service.methods()) {
      add(definition, method);
    }
    return definition.build();
  }

  @SuppressWarnings("unchecked") // put() took the pair with one Q and one R
  private <Q, R> void add(ServerServiceDefinition.Builder definition, MethodContract<Q, R> method) {
    ServerCallHandler<?, ?> handler = bound.get(method);
    if (handler == null) {
      throw new IllegalStateException(
          method.fullName() + " is not bound; every method of " + service.name() + " must be");
    }
    definition.addMethod(method.descriptor(), (ServerCallHandler<Q, R>) handler);
  }

  /** The four call shapes of a handler that may block. */
  public static final class Blocking<S> {
    private final ServiceBinding binding;
    private final Function<CallContext, ? extends S> handler;

    private Blocking(ServiceBinding binding, Function<CallContext, ? extends S> handler) {
      this.binding = binding;
      this.handler = Objects.requireNonNull(handler, "handler");
    }

    /** Binds a method with one request and one response. */
    public <Q, R> Blocking<S> unary(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, ? extends R> code) {
      return this.<Q, R, Q, R>put(
          method, code, call -> new UnaryRequestListener<>(call, BlockingInvocation.one(call)));
    }

    /** Binds a method with one request and a stream of responses. */
    public <Q, R> Blocking<S> serverStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, Source<R>> code) {
      return this.<Q, R, Q, Source<R>>put(
          method, code, call -> new UnaryRequestListener<>(call, BlockingInvocation.many(call)));
    }

    /** Binds a method with a stream of requests and one response. */
    public <Q, R> Blocking<S> clientStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, Source<Q>, ? extends R> code) {
      return this.<Q, R, Source<Q>, R>put(
          method,
          code,
          call -> new StreamingRequestListener<>(call, BlockingInvocation.one(call)).begin());
    }

    /** Binds a method with a stream in each direction. */
    public <Q, R> Blocking<S> bidiStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, Source<Q>, Source<R>> code) {
      return this.<Q, R, Source<Q>, Source<R>>put(
          method,
          code,
          call -> new StreamingRequestListener<>(call, BlockingInvocation.many(call)).begin());
    }

    private <Q, R, I, O> Blocking<S> put(
        MethodContract<Q, R> method,
        BiFunction<? super S, ? super I, ? extends O> code,
        BoundMethod.CallStarter<Q, R, I, O> callStarter) {
      binding.put(
          method,
          new BoundMethod<>(
              method, handler, code, callStarter, "offload to a thread that may block -> handler"));
      return this;
    }

    /** Returns the service, ready for a server. Every method must be bound. */
    public ServerServiceDefinition build() {
      return binding.build();
    }
  }

  /** The four call shapes of a handler that never blocks. */
  public static final class Async<S> {
    private final ServiceBinding binding;
    private final Function<CallContext, ? extends S> handler;

    private Async(ServiceBinding binding, Function<CallContext, ? extends S> handler) {
      this.binding = binding;
      this.handler = Objects.requireNonNull(handler, "handler");
    }

    /** Binds a method with one request and one response. */
    public <Q, R> Async<S> unary(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, CompletionStage<R>> code) {
      return this.<Q, R, Q, CompletionStage<R>>put(
          method, code, call -> new UnaryRequestListener<>(call, AsyncInvocation.one(call)));
    }

    /** Binds a method with one request and a stream of responses. */
    public <Q, R> Async<S> serverStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, Flow.Publisher<R>> code) {
      return this.<Q, R, Q, Flow.Publisher<R>>put(
          method, code, call -> new UnaryRequestListener<>(call, AsyncInvocation.many(call)));
    }

    /** Binds a method with a stream of requests and one response. */
    public <Q, R> Async<S> clientStreaming(
        MethodContract<Q, R> method,
        BiFunction<? super S, Flow.Publisher<Q>, CompletionStage<R>> code) {
      return this.<Q, R, Flow.Publisher<Q>, CompletionStage<R>>put(
          method, code, call -> new RequestPublisher<>(call, AsyncInvocation.one(call)).start());
    }

    /** Binds a method with a stream in each direction. */
    public <Q, R> Async<S> bidiStreaming(
        MethodContract<Q, R> method,
        BiFunction<? super S, Flow.Publisher<Q>, Flow.Publisher<R>> code) {
      return this.<Q, R, Flow.Publisher<Q>, Flow.Publisher<R>>put(
          method, code, call -> new RequestPublisher<>(call, AsyncInvocation.many(call)).start());
    }

    private <Q, R, I, O> Async<S> put(
        MethodContract<Q, R> method,
        BiFunction<? super S, ? super I, ? extends O> code,
        BoundMethod.CallStarter<Q, R, I, O> callStarter) {
      binding.put(
          method,
          new BoundMethod<>(method, handler, code, callStarter, "handler on the event loop"));
      return this;
    }

    /** Returns the service, ready for a server. Every method must be bound. */
    public ServerServiceDefinition build() {
      return binding.build();
    }
  }
}
