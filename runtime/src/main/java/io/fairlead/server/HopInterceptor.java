package io.fairlead.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.concurrent.Executor;

/**
 * Takes a call off the event loop, because code that we did not generate may block. Our own
 * bindings hop by themselves, only where they have to.
 */
final class HopInterceptor implements ServerInterceptor {
  private final Executor executor;

  HopInterceptor(Executor executor) {
    this.executor = executor;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    DeferredCall<Q, R> deferred = new DeferredCall<>(call, headers, next);
    deferred.start(executor);
    return deferred;
  }

  @Override
  public String toString() {
    return "hop to a worker thread";
  }
}
