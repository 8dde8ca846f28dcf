package io.fairlead.contract.client;

import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.InboundMessageQueue;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Puts the responses of a call into an inbox. */
final class StreamingResponseListener<R> extends ResponseListener<R>
    implements InboundMessageQueue.Upstream {
  private final ClientCall<?, R> call;
  private final InboundMessageQueue<R> queue;

  StreamingResponseListener(ClientCall<?, R> call, String method) {
    super(method);
    this.call = call;
    this.queue = new InboundMessageQueue<>(method, this);
  }

  InboundMessageQueue<R> inbox() {
    return queue;
  }

  @Override
  public void onMessage(R message) {
    if (!queue.offer(message)) {
      RpcException failure = queue.unsolicited();
      call.cancel(failure.getMessage(), failure);
    }
  }

  @Override
  void ended(CallCompletion how) {
    queue.end(how);
  }

  @Override
  public void request(int messages) {
    call.request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    Status why = Status.CANCELLED.withDescription(reason).withCause(cause);
    // First the pump: a cancelled call refuses messages, and the sender should learn why.
    stopPump(new CallCompletion(why, new Metadata(), false));
    call.cancel(reason, cause);
  }
}
