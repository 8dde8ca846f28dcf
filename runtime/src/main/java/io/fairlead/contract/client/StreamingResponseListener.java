package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.InboundMessageQueue;
import io.fairlead.contract.internal.stream.MessagePump;
import io.fairlead.observe.StatusOrigin;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Puts the responses of a call into the queue that a source reads, and carries the reader's wishes
 * back to the call. Messages arrive on the event loop; the reader asks for more, or leaves, on its
 * own thread.
 */
final class StreamingResponseListener<Q, R> extends ClientCall.Listener<R>
    implements InboundMessageQueue.Upstream {
  private final ClientCall<Q, R> call;
  private final String method;
  private final InboundMessageQueue<R> queue;
  private @Nullable MessagePump messagePump;
  private boolean sawHeaders;

  StreamingResponseListener(ClientCall<Q, R> call, String method) {
    this.call = call;
    this.method = method;
    this.queue = new InboundMessageQueue<>(method, this);
  }

  InboundMessageQueue<R> inbox() {
    return queue;
  }

  /** Sets the pump of a stream of requests; called before the call starts. */
  void pump(MessagePump requests) {
    this.messagePump = requests;
  }

  @Override
  public void onReady() {
    if (messagePump != null) {
      messagePump.onReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    sawHeaders = true;
  }

  @Override
  public void onMessage(R message) {
    if (!queue.offer(message)) {
      RpcException failure = queue.unsolicited();
      call.cancel(failure.getMessage(), failure);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    CallCompletion how = new CallCompletion(status, trailers, sawHeaders);
    queue.end(how);
    stopPump(how.failure(method));
  }

  private void stopPump(RuntimeException reason) {
    if (messagePump != null) {
      messagePump.stop(reason);
    }
  }

  @Override
  public void request(int messages) {
    call.request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // First the pump: a cancelled call refuses messages, and the sender should learn why.
    stopPump(
        RpcException.of(
            method,
            Status.CANCELLED.withDescription(reason).withCause(cause),
            null,
            StatusOrigin.LOCAL));
    call.cancel(reason, cause);
  }
}
