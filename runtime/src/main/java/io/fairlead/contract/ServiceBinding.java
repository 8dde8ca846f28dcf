package io.fairlead.contract;

import io.fairlead.CallContext;
import io.fairlead.Source;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Binds the methods of a contract to the methods of a handler. Used by generated code. */
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

  @SuppressWarnings("DoNotCallSuggester") // the bodies follow
  private static <Q, R> ServerCallHandler<Q, R> todo(Object handler, Object call) {
    throw new UnsupportedOperationException("not yet: " + handler + call);
  }

  /** The four call shapes of a handler that may block. */
  public static final class Blocking<S> {
    private final ServiceBinding binding;
    private final Function<CallContext, ? extends S> handler;

    private Blocking(ServiceBinding binding, Function<CallContext, ? extends S> handler) {
      this.binding = binding;
      this.handler = handler;
    }

    public <Q, R> Blocking<S> unary(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, ? extends R> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Blocking<S> serverStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, Source<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Blocking<S> clientStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, Source<Q>, ? extends R> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Blocking<S> bidiStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, Source<Q>, Source<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

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
      this.handler = handler;
    }

    public <Q, R> Async<S> unary(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, CompletionStage<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Async<S> serverStreaming(
        MethodContract<Q, R> method, BiFunction<? super S, ? super Q, Flow.Publisher<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Async<S> clientStreaming(
        MethodContract<Q, R> method,
        BiFunction<? super S, Flow.Publisher<Q>, CompletionStage<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public <Q, R> Async<S> bidiStreaming(
        MethodContract<Q, R> method,
        BiFunction<? super S, Flow.Publisher<Q>, Flow.Publisher<R>> call) {
      binding.put(method, todo(handler, call));
      return this;
    }

    public ServerServiceDefinition build() {
      return binding.build();
    }
  }
}
