package io.fairlead.client.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** One attempt of a unary call: keeps what comes back until it is known to be the response. */
final class UnaryAttempt<Q, R> extends Attempt<Q, R> {
  private final UnaryCall<Q, R> owner;
  private @Nullable Metadata headers;
  private @Nullable R message;

  UnaryAttempt(UnaryCall<Q, R> owner, AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
    super(tracer, previous);
    this.owner = owner;
  }

  @Override
  void sendRequest(ClientCall<Q, R> call) {
    // Read now: what is asked for from here on is asked of this attempt as well.
    int requested = owner.requested();
    if (requested > 0) {
      call.request(requested);
    }
    if (owner.isUncompressed()) {
      call.setMessageCompression(false);
    }
    Q request = owner.request();
    if (request != null) {
      call.sendMessage(request);
    }
    call.halfClose();
  }

  @Override
  public void onHeaders(Metadata received) {
    headers = received;
  }

  @Override
  public void onMessage(R received) {
    if (message != null) {
      cancel("a second response came to a unary call", null);
      return;
    }
    message = received;
  }

  @Override
  void ended(AttemptResult result, Metadata trailers) {
    owner.ended(this, result, trailers);
  }

  @Override
  void deliver(ClientCall.Listener<R> listener, Status status, Metadata trailers) {
    if (headers != null) {
      listener.onHeaders(headers);
    }
    if (message != null) {
      listener.onMessage(message);
    }
    super.deliver(listener, status, trailers);
  }

  /** Of the responses to a broadcast, the caller gets one. */
  @Override
  void dropResponse() {
    headers = null;
    message = null;
  }

  @Nullable Metadata headers() {
    return headers;
  }

  @Override
  @Nullable R message() {
    return message;
  }
}
