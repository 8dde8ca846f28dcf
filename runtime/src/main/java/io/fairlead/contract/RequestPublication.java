package io.fairlead.contract;

import io.fairlead.RpcException;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Publishes the requests of a call to an async handler. */
final class RequestPublication<Q, R, O> extends ServerCall.Listener<Q>
    implements MessagePublisher.Upstream {
  private final ServedCall<Q, R, Flow.Publisher<Q>, O> served;
  private final Answering<Q, R, Flow.Publisher<Q>, O> answering;
  private final MessagePublisher<Q> publisher;

  RequestPublication(
      ServedCall<Q, R, Flow.Publisher<Q>, O> served,
      Answering<Q, R, Flow.Publisher<Q>, O> answering) {
    this.served = served;
    this.answering = answering;
    this.publisher = new MessagePublisher<>(served.method(), this);
  }

  RequestPublication<Q, R, O> start() {
    answering.begin(publisher);
    return this;
  }

  @Override
  public void begin() {
    // The call has begun already; its messages wait to be requested.
  }

  @Override
  public void request(int messages) {
    served.call().request(messages);
  }

  @Override
  public void cancel(String reason, @Nullable Throwable cause) {
    // A server cannot stop its caller without ending the call; a subscriber that broke ends it.
    if (cause != null) {
      served.reply().fail(cause);
    }
  }

  @Override
  public void onMessage(Q message) {
    try {
      publisher.message(message);
    } catch (RuntimeException | Error e) {
      // The publisher has told the reply; grpc would only say UNKNOWN.
      answering.onCancel();
    }
  }

  @Override
  public void onHalfClose() {
    publisher.end(null);
  }

  @Override
  public void onReady() {
    answering.onReady();
  }

  @Override
  public void onCancel() {
    publisher.end(ended("the caller cancelled, or has gone"));
    answering.onCancel();
  }

  @Override
  public void onComplete() {
    publisher.end(ended("the call has been answered"));
  }

  private RpcException ended(String how) {
    return RpcException.of(
        served.method(), Status.CANCELLED.withDescription(how), null, RpcException.Origin.LOCAL);
  }
}
