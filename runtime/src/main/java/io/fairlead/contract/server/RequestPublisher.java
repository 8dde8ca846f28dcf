package io.fairlead.contract.server;

import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.contract.internal.stream.MessagePublisher;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the requests of a call to an async handler. Requests are asked of the caller only when
 * the handler's subscriber asks for them, so a slow handler slows its caller.
 */
final class RequestPublisher<Q, R, O> extends ServerCall.Listener<Q>
    implements MessagePublisher.Upstream {
  private final ServerCallState<Q, R, Flow.Publisher<Q>, O> callState;
  private final HandlerInvocation<Q, R, Flow.Publisher<Q>, O> invocation;
  private final MessagePublisher<Q> publisher;
  private boolean complete;

  RequestPublisher(
      ServerCallState<Q, R, Flow.Publisher<Q>, O> call,
      HandlerInvocation<Q, R, Flow.Publisher<Q>, O> invocation) {
    this.callState = call;
    this.invocation = invocation;
    this.publisher = new MessagePublisher<>(call.method(), this);
  }

  RequestPublisher<Q, R, O> start() {
    invocation.begin(publisher);
    return this;
  }

  @Override
  public void begin() {
    // The call has begun already; its messages wait to be requested.
  }

  @Override
  public void request(int messages) {
    callState.call().request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // A server cannot stop its caller without ending the call; a subscriber that broke ends it.
    if (cause != null) {
      callState.writer().fail(cause);
    }
  }

  @Override
  public void onMessage(Q message) {
    if (message instanceof CallRefusal refusal) {
      callState.writer().reject(refusal.status());
      end(refusal.status());
      return;
    }
    try {
      publisher.message(message);
    } catch (RuntimeException | Error e) {
      // The publisher has told the reply; grpc would only say UNKNOWN.
      invocation.onCancel(Status.fromThrowable(e));
    }
  }

  @Override
  public void onHalfClose() {
    complete = true;
    publisher.end(null);
  }

  @Override
  public void onReady() {
    invocation.onReady();
  }

  @Override
  public void onCancel() {
    end(callState.cancellation(complete));
  }

  /** Not by the handler. */
  private void end(Status why) {
    publisher.end(callState.failure(why));
    invocation.onCancel(why);
  }

  @Override
  public void onComplete() {
    publisher.end(
        callState.failure(Status.CANCELLED.withDescription("the call has been answered")));
  }
}
