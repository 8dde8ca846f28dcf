package io.fairlead.server.internal.stack;

import io.fairlead.internal.Durations;
import io.fairlead.internal.executor.PendingRequest;
import io.fairlead.internal.executor.PendingRequests;
import io.fairlead.server.internal.call.QuietClose;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;

/**
 * Ends a call whose one request is not complete in time: a client that sends it byte by byte, or
 * never ends it, would hold the call and its memory for ever. It stands above all other layers,
 * since only there everything happens on the connection's loop.
 */
final class StallInterceptor implements ServerInterceptor {
  private final Duration timeout;
  private final PendingRequests.Limit limit;

  StallInterceptor(Duration timeout, String method) {
    this.timeout = timeout;
    this.limit =
        PendingRequests.Limit.of(
            timeout,
            Status.CANCELLED.withDescription(
                "the request of "
                    + method
                    + " was not complete after "
                    + Durations.format(timeout)
                    + ", the server's stallTimeout"));
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    PendingRequests pending = PendingRequests.ofThisThread();
    if (pending == null) {
      return listener;
    }
    // Our own bindings bring what is needed, so that a plain call costs no object more.
    PendingRequest<Q> waiting =
        listener instanceof PendingRequest<Q> own ? own : new Waiting<>(call, listener);
    pending.add(waiting, limit);
    return waiting;
  }

  @Override
  public String toString() {
    return "stall(" + Durations.format(timeout) + ")";
  }

  /** For the listeners of other layers. */
  private static final class Waiting<Q> extends PendingRequest<Q> {
    private final ServerCall<Q, ?> call;
    private final ServerCall.Listener<Q> delegate;

    Waiting(ServerCall<Q, ?> call, ServerCall.Listener<Q> delegate) {
      this.call = call;
      this.delegate = delegate;
    }

    @Override
    protected void onStall(Status why) {
      // The layers below may end it at this moment, on another thread.
      QuietClose.closeQuietly(call, why);
    }

    @Override
    public void onMessage(Q message) {
      delegate.onMessage(message);
    }

    @Override
    public void onHalfClose() {
      stopWaiting();
      delegate.onHalfClose();
    }

    @Override
    public void onCancel() {
      stopWaiting();
      delegate.onCancel();
    }

    @Override
    public void onComplete() {
      stopWaiting();
      delegate.onComplete();
    }

    @Override
    public void onReady() {
      delegate.onReady();
    }
  }
}
