package io.fairlead.contract.server;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.internal.executor.PendingRequest;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Takes the one request of a call, then hands it to the code that answers. Everything happens on
 * the event loop; the request is given up as soon as the handler has it, as a stream of responses
 * may be long.
 */
final class UnaryRequestListener<Q, R, O> extends PendingRequest<Q> {
  private final ServerCallState<Q, R, Q, O> callState;
  private final HandlerInvocation<Q, R, Q, O> invocation;
  private @Nullable Q request;
  private boolean rejected;
  private boolean complete;

  UnaryRequestListener(ServerCallState<Q, R, Q, O> call, HandlerInvocation<Q, R, Q, O> invocation) {
    this.callState = call;
    this.invocation = invocation;
    // Two, so that a second request is seen and refused.
    call.call().request(2);
  }

  @Override
  public void onMessage(Q message) {
    if (message instanceof CallRefusal refusal) {
      rejected = true;
      callState.writer().reject(refusal.status());
      return;
    }
    if (request != null) {
      reject("more than one request to " + callState.method());
      return;
    }
    request = message;
  }

  @Override
  public void onHalfClose() {
    complete = true;
    stopWaiting();
    if (rejected) {
      return;
    }
    Q known = request;
    if (known == null) {
      reject("no request came to " + callState.method());
      return;
    }
    // The answer may be a long stream: the request need not live as long.
    request = null;
    invocation.begin(known);
  }

  /** With the code that gRPC defines for a wrong number of messages. */
  private void reject(String why) {
    rejected = true;
    CallRefusal refusal = new CallRefusal(Status.UNIMPLEMENTED.withDescription(why));
    callState.writer().reject(refusal.status());
  }

  @Override
  public void onReady() {
    invocation.onReady();
  }

  @Override
  protected void onStall(Status why) {
    rejected = true;
    callState.writer().reject(why);
  }

  @Override
  public void onComplete() {
    stopWaiting();
  }

  @Override
  public void onCancel() {
    stopWaiting();
    invocation.onCancel(callState.cancellation(complete));
  }
}
