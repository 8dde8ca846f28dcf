package io.fairlead.server;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call that a layer may end while the handler still works on it. What the handler does after that
 * is ignored, as after a cancellation.
 */
final class ClosableCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private boolean handlerClosed;
  private volatile boolean closedFirst;

  ClosableCall(ServerCall<Q, R> delegate) {
    super(delegate);
  }

  /** Ends the call in the handler's place; false if the handler was first. */
  synchronized boolean closeFirst(Status status) {
    if (handlerClosed || closedFirst) {
      return false;
    }
    closedFirst = true;
    Calls.closeQuietly(delegate(), status);
    return true;
  }

  boolean wasClosedFirst() {
    return closedFirst;
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closedFirst) {
      delegate().sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!closedFirst) {
      delegate().sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    handlerClosed = true;
    if (!closedFirst) {
      delegate().close(status, trailers);
    }
  }

  @Override
  public boolean isCancelled() {
    return closedFirst || delegate().isCancelled();
  }
}
