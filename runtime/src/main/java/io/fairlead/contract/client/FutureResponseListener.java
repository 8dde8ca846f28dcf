package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/** Completes a future with the one response of a call, on the event loop. */
final class FutureResponseListener<R> extends SingleResponseListener<R> {
  private final CallFuture future = new CallFuture();

  FutureResponseListener(ClientCall<?, R> call, String method) {
    super(call, method);
  }

  CompletableFuture<R> future() {
    return future;
  }

  @Override
  void ended(CallCompletion how) {
    // What the user hung on the future runs here.
    LoopActivity activity = EventLoopBlockDetector.shared().enter(method);
    try {
      future.complete(response(how));
    } catch (RpcException e) {
      future.completeExceptionally(e);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  /** Cancelling it cancels the call. */
  private final class CallFuture extends CompletableFuture<R> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(mayInterruptIfRunning);
      if (cancelled) {
        String why = "the future of the response was cancelled";
        // First the pump: a cancelled call refuses what a publisher still sends.
        stopPump(new CallCompletion(Status.CANCELLED.withDescription(why), new Metadata(), false));
        call.cancel(why, null);
      }
      return cancelled;
    }
  }
}
