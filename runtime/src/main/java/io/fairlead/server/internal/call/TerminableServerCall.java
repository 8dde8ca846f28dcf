package io.fairlead.server.internal.call;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.contract.internal.stream.CallRefusal;
import io.grpc.Attributes;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call that a layer may end while the handler still works on it.
 *
 * <p>What the handler does after that is ignored, as after a cancellation. The monitor orders the
 * handler's calls and the layer's end, so that the caller sees one status and no message after it.
 */
public final class TerminableServerCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  /** Tells a handler of its call until a layer has ended that; then, that it was cancelled. */
  public static class HandlerListener<Q> extends SimpleForwardingServerCallListener<Q> {
    protected final TerminableServerCall<Q, ?> call;

    public HandlerListener(TerminableServerCall<Q, ?> call, ServerCall.Listener<Q> delegate) {
      super(delegate);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      if (!call.wasTerminated()) {
        delegate().onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!call.wasTerminated()) {
        delegate().onHalfClose();
      }
    }

    @Override
    public void onComplete() {
      // The handler did not end this call, so for it the call was cancelled.
      if (call.wasTerminated()) {
        delegate().onCancel();
      } else {
        delegate().onComplete();
      }
    }
  }

  /** Whether the handler has closed the call; guarded by the monitor. */
  @GuardedBy("this")
  private boolean handlerClosed;

  /** How a layer has ended the call; also read without the monitor. */
  private volatile @Nullable Status terminated;

  public TerminableServerCall(ServerCall<Q, R> delegate) {
    super(delegate);
  }

  /** Ends the call in the handler's place; false if the handler was first. */
  public synchronized boolean terminate(Status status) {
    if (handlerClosed || terminated != null) {
      return false;
    }
    terminated = status;
    QuietClose.closeQuietly(delegate(), status);
    return true;
  }

  public boolean wasTerminated() {
    return terminated != null;
  }

  /** With the status that ended the call, so that its handler can be told. */
  @Override
  public Attributes getAttributes() {
    Status known = terminated;
    Attributes given = delegate().getAttributes();
    return known == null ? given : given.toBuilder().set(CallRefusal.ENDED_WITH, known).build();
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (terminated == null) {
      delegate().sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (terminated == null) {
      delegate().sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    handlerClosed = true;
    if (terminated == null) {
      delegate().close(status, trailers);
    }
  }

  @Override
  public boolean isCancelled() {
    return terminated != null || delegate().isCancelled();
  }
}
