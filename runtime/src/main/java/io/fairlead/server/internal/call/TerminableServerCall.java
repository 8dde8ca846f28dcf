package io.fairlead.server.internal.call;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call that a layer may end while the handler still works on it.
 *
 * <p>What the handler does after that is ignored, as after a cancellation. The monitor orders the
 * handler's calls and the layer's end, so that the caller sees one status and no message after it.
 */
public final class TerminableServerCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  /** Whether the handler has closed the call; guarded by the monitor. */
  private boolean handlerClosed;

  /** Whether a layer has ended the call; also read without the monitor. */
  private volatile boolean terminated;

  public TerminableServerCall(ServerCall<Q, R> delegate) {
    super(delegate);
  }

  /** Ends the call in the handler's place; false if the handler was first. */
  public synchronized boolean terminate(Status status) {
    if (handlerClosed || terminated) {
      return false;
    }
    terminated = true;
    QuietClose.closeQuietly(delegate(), status);
    return true;
  }

  public boolean wasTerminated() {
    return terminated;
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!terminated) {
      delegate().sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!terminated) {
      delegate().sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    handlerClosed = true;
    if (!terminated) {
      delegate().close(status, trailers);
    }
  }

  @Override
  public boolean isCancelled() {
    return terminated || delegate().isCancelled();
  }
}
