package io.fairlead.contract.server;

import io.fairlead.Source;
import io.fairlead.contract.internal.stream.CallCompletion;
import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.contract.internal.stream.InboundMessageQueue;
import io.fairlead.contract.internal.stream.InboundSource;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Puts the requests of a call into the queue that a blocking handler reads. Requests arrive on the
 * event loop, the handler reads on its own thread, and the queue asks for more as it is read.
 */
final class StreamingRequestListener<Q, R, O> extends ServerCall.Listener<Q>
    implements InboundMessageQueue.Upstream {
  private final ServerCallState<Q, R, Source<Q>, O> callState;
  private final HandlerInvocation<Q, R, Source<Q>, O> invocation;
  private final InboundMessageQueue<Q> queue;
  private boolean complete;

  StreamingRequestListener(
      ServerCallState<Q, R, Source<Q>, O> call, HandlerInvocation<Q, R, Source<Q>, O> invocation) {
    this.callState = call;
    this.invocation = invocation;
    this.queue = new InboundMessageQueue<>(call.method(), this);
  }

  /** Begins: the handler reads while requests still come. */
  StreamingRequestListener<Q, R, O> begin() {
    queue.open();
    invocation.begin(InboundSource.unwatched(queue));
    return this;
  }

  @Override
  public void onMessage(Q message) {
    if (message instanceof CallRefusal refusal) {
      callState.writer().reject(refusal.status());
      end(refusal.status());
      return;
    }
    if (!queue.offer(message)) {
      callState.writer().reject(Status.INTERNAL.withDescription(queue.unsolicited().getMessage()));
    }
  }

  @Override
  public void onHalfClose() {
    complete = true;
    queue.end(new CallCompletion(Status.OK, new Metadata(), true));
  }

  @Override
  public void onReady() {
    invocation.onReady();
  }

  @Override
  public void onCancel() {
    end(callState.cancellation(complete));
  }

  /** Not by the handler: it reads what came before, and then why. */
  private void end(Status why) {
    queue.end(new CallCompletion(why, new Metadata(), false));
    invocation.onCancel(why);
  }

  @Override
  public void onComplete() {
    // The handler has answered without reading everything, or a thread of its own still reads.
    queue.close("the call has been answered", null);
  }

  @Override
  public void request(int messages) {
    callState.call().request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // A server cannot stop its caller without ending the call: what is not asked for stays there.
  }
}
