package io.fairlead.server.internal.stack;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * One layer of a method's stack, with the handler or the layers below it. Its text is that of the
 * layer and of all below, from which {@code toString()} of a server is made.
 */
record InterceptedHandler<Q, R>(ServerInterceptor interceptor, ServerCallHandler<Q, R> next)
    implements ServerCallHandler<Q, R> {

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
    return interceptor.interceptCall(call, headers, next);
  }

  @Override
  public String toString() {
    return interceptor + " -> " + next;
  }
}
