package io.fairlead.contract;

import io.fairlead.CallContext;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A method of a contract and the handler's code for it.
 *
 * @param <S> the handler
 * @param <I> what the code takes: the request or the requests
 * @param <O> what the code gives: the response or the responses
 */
final class BoundMethod<S, Q, R, I, O> implements ServerCallHandler<Q, R> {
  private final MethodContract<Q, R> method;
  private final Function<CallContext, ? extends S> handler;
  private final BiFunction<? super S, ? super I, ? extends O> code;
  private final Opening<Q, R, I, O> opening;
  private final String dispatch;
  private final FailureLog log;

  /** Begins one call, in one of the shapes. */
  @FunctionalInterface
  interface Opening<Q, R, I, O> {
    ServerCall.Listener<Q> open(ServedCall<Q, R, I, O> served);
  }

  /**
   * @param dispatch where the code runs, for people who look at a stack
   */
  BoundMethod(
      MethodContract<Q, R> method,
      Function<CallContext, ? extends S> handler,
      BiFunction<? super S, ? super I, ? extends O> code,
      Opening<Q, R, I, O> opening,
      String dispatch) {
    this.method = method;
    this.handler = handler;
    this.code = code;
    this.opening = opening;
    this.dispatch = dispatch;
    this.log = new FailureLog(method.fullName(), System::nanoTime);
  }

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
    CallContext context = CallContext.open(call, headers, Context.current());
    Reply<R> reply = new Reply<>(call, context, log);
    return opening.open(new ServedCall<>(this, call, context, reply));
  }

  String name() {
    return method.fullName();
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
