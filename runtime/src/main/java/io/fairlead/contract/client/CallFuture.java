package io.fairlead.contract.client;

import io.grpc.ClientCall;
import java.util.concurrent.CompletableFuture;

/**
 * The future of the one response of a call. Cancelling it cancels the call. The event loop
 * completes it.
 */
final class CallFuture<R> extends CompletableFuture<R> {
  private final ClientCall<?, R> call;

  CallFuture(ClientCall<?, R> call) {
    this.call = call;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled) {
      call.cancel("the future of the response was cancelled", null);
    }
    return cancelled;
  }
}
