package io.fairlead.internal.executor;

import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The listener of a call that takes one request, which may not be complete yet. While it is not,
 * {@link PendingRequests} of its loop's thread links it, without another object per call.
 */
public abstract class PendingRequest<Q> extends ServerCall.Listener<Q> {
  @Nullable PendingRequests list;
  @Nullable PendingRequest<?> before;
  @Nullable PendingRequest<?> after;

  PendingRequests.@Nullable Limit limit;

  /** Sweeps that it may still see. */
  int sweepsLeft;

  /** To be called by the loop when the request is complete, and when the call is over. */
  protected final void stopWaiting() {
    if (list != null) {
      list.remove(this);
    }
  }

  /** Ends the call, as its request did not come in time. */
  protected abstract void onStall(Status why);
}
