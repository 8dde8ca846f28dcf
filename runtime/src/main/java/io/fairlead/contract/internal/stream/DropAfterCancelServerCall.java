package io.fairlead.contract.internal.stream;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call whose handler may go on after nobody listens any more.
 *
 * <p>What it sends then is dropped here: further down it would go nowhere, and its buffer would
 * leak if the server has ended meanwhile. A unary response that grpc-java holds until the close is
 * the exception: its close passes, so that it is freed.
 */
public final class DropAfterCancelServerCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  /** grpc-java keeps the only message of an answer until the call is closed. */
  private boolean unaryResponsePending;

  /** Makes one of a call as grpc-java gives it. */
  public DropAfterCancelServerCall(ServerCall<Q, R> delegate) {
    super(delegate);
  }

  @Override
  public void sendHeaders(Metadata headers) {
    if (!isCancelled()) {
      delegate().sendHeaders(headers);
    }
  }

  @Override
  public void sendMessage(R message) {
    if (!isCancelled()) {
      unaryResponsePending = getMethodDescriptor().getType().serverSendsOneMessage();
      delegate().sendMessage(message);
    }
  }

  @Override
  public void close(Status status, Metadata trailers) {
    // What is held has to be given up, also when the caller left just after it was sent.
    if (unaryResponsePending || !isCancelled()) {
      delegate().close(status, trailers);
    }
  }
}
