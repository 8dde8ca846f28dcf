package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Status;

/**
 * Serves a response in place of a failure that observers have been told of.
 *
 * <p>It stands above the observers, so that they count the failure that the caller does not see. A
 * call that its caller cancelled gets no fallback.
 */
final class FallbackLayer extends ClientLayer {
  private final String method;
  private final FallbackChain fallbacks;
  private final CallEnvironment environment;

  FallbackLayer(String method, FallbackChain fallbacks, CallEnvironment environment) {
    this.method = method;
    this.fallbacks = fallbacks;
    this.environment = environment;
  }

  @Override
  void ended(LayeredCall call, CallEnd end) {
    Object request = call.request();
    if (request == null || end.callerLeft() || end.status().isOk()) {
      passUp(call, end);
    } else if (fallbacks.mayBlock()
        && call.options().getExecutor() == MoreExecutors.directExecutor()) {
      // Mostly the call's executor is one where a blocking stub waits; only an event loop is left.
      environment.callbacks().execute(() -> answer(call, request, end));
    } else {
      answer(call, request, end);
    }
  }

  private void answer(LayeredCall call, Object request, CallEnd end) {
    RpcException failure =
        RpcException.of(method, end.status(), end.trailers(), StatusOrigin.LOCAL);
    ByteString key = call instanceof CacheableCall<?, ?> cacheable ? cacheable.key() : null;
    FallbackChain.Outcome outcome = fallbacks.resolve(request, key, failure);
    if (outcome instanceof FallbackChain.Served instead) {
      environment.reporter().fallbackServed(end.trailers(), instead);
      call.deliverInstead(instead.response());
    } else if (outcome instanceof FallbackChain.None none) {
      Status told =
          environment.reporter().fallbackFailed(end.status(), end.trailers(), none.reason());
      passUp(call, end.withStatus(told));
    }
  }

  @Override
  public String toString() {
    return "fallback";
  }
}
