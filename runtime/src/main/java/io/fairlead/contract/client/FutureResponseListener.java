package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.PublisherPump;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.observe.StatusOrigin;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Completes a future with the one response of a call, on the event loop.
 *
 * <p>What the application attached to the future runs here, too, and must not block. The block
 * detector watches it under the method's name.
 */
final class FutureResponseListener<Q, R> extends ClientCall.Listener<R> {
  private final ClientCall<Q, R> call;
  private final String method;
  private final CallFuture<R> future;
  private @Nullable PublisherPump<Q> pump;
  private @Nullable R response;
  private boolean sawHeaders;

  FutureResponseListener(ClientCall<Q, R> call, String method) {
    this.call = call;
    this.method = method;
    this.future = new CallFuture<>(call);
  }

  CallFuture<R> future() {
    return future;
  }

  /** Sets the pump of a stream of requests; called before the call starts. */
  void pump(PublisherPump<Q> requests) {
    this.pump = requests;
  }

  @Override
  public void onReady() {
    if (pump != null) {
      pump.onReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public void onMessage(R message) {
    if (response != null) {
      call.cancel("more than one response to " + method, null);
      return;
    }
    response = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    CallCompletion how = new CallCompletion(status, trailers, sawHeaders);
    if (pump != null) {
      pump.stop();
    }
    // What the user hung on the future runs here.
    LoopActivity activity = EventLoopBlockDetector.shared().enter(method);
    try {
      if (!how.isOk()) {
        future.completeExceptionally(how.failure(method));
      } else if (response == null) {
        future.completeExceptionally(
            RpcException.of(
                method,
                Status.INTERNAL.withDescription("the server answered OK without a response"),
                trailers,
                StatusOrigin.WIRE));
      } else {
        future.complete(response);
      }
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }
}
