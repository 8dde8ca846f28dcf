package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.contract.MethodContract;
import io.fairlead.internal.executor.HandlerPace;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A method of a contract and the handler's code for it. Shared by all calls of the method; what
 * belongs to one call is in {@link ServerCallState}.
 *
 * @param <S> the handler
 * @param <I> what the code takes: the request or the requests
 * @param <O> what the code gives: the response or the responses
 */
final class BoundMethod<S, Q, R, I, O> implements ServerCallHandler<Q, R> {
  private final MethodContract<Q, R> method;
  private final Function<CallContext, ? extends S> handler;
  private final BiFunction<? super S, ? super I, ? extends O> code;
  private final CallStarter<Q, R, I, O> callStarter;
  private final String dispatch;
  private final RateLimitedFailureLog log;
  private final HandlerPace pace = new HandlerPace();

  /** Begins one call, in one of the shapes. */
  @FunctionalInterface
  interface CallStarter<Q, R, I, O> {
    ServerCall.Listener<Q> start(ServerCallState<Q, R, I, O> served);
  }

  /**
   * @param dispatch where the code runs, for people who look at a stack
   */
  BoundMethod(
      MethodContract<Q, R> method,
      Function<CallContext, ? extends S> handler,
      BiFunction<? super S, ? super I, ? extends O> code,
      CallStarter<Q, R, I, O> callStarter,
      String dispatch) {
    this.method = method;
    this.handler = handler;
    this.code = code;
    this.callStarter = callStarter;
    this.dispatch = dispatch;
    this.log = new RateLimitedFailureLog(method.fullName(), System::nanoTime);
  }

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
    CallContext context = CallContext.open(call, headers, Context.current());
    ServerResponseWriter<R> writer = new ServerResponseWriter<>(call, context, log);
    return callStarter.start(new ServerCallState<>(this, call, context, writer));
  }

  String name() {
    return method.fullName();
  }

  boolean isUnary() {
    return method.descriptor().getType() == MethodType.UNARY;
  }

  /** Returns how long the code runs, as far as it is known. */
  HandlerPace pace() {
    return pace;
  }

  /** Runs the handler's code for one call. */
  O run(CallContext context, I input) {
    O result = code.apply(handler.apply(context), input);
    if (result == null) {
      throw new NullPointerException("the handler of " + name() + " returned null");
    }
    return result;
  }

  @Override
  public String toString() {
    return dispatch;
  }
}
