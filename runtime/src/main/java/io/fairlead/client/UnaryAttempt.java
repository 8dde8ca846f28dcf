package io.fairlead.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** One attempt of a unary call: keeps what comes back until it is known to be the answer. */
final class UnaryAttempt<Q, R> extends ClientCall.Listener<R> {
  /** Who waits for the attempt's end. */
  interface Owner<Q, R> {
    /** The attempt is over; called once, on the executor of the call's options. */
    void ended(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers);
  }

  final AttemptTrace trace;
  final ClientCall<Q, R> call;
  private final Owner<Q, R> owner;
  private @Nullable Metadata headers;
  private @Nullable R message;

  UnaryAttempt(Owner<Q, R> owner, AttemptTrace trace, ClientCall<Q, R> call) {
    this.owner = owner;
    this.trace = trace;
    this.call = call;
  }

  void send(Metadata requestHeaders, @Nullable Q request, int requested, boolean uncompressed) {
    call.start(this, requestHeaders);
    if (requested > 0) {
      call.request(requested);
    }
    if (uncompressed) {
      call.setMessageCompression(false);
    }
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
      call.cancel("a second response came to a unary call", null);
      return;
    }
    message = received;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    owner.ended(this, status, trailers);
  }

  /** Gives the caller what came back. */
  void deliver(ClientCall.Listener<R> listener, Status status, Metadata trailers) {
    if (headers != null) {
      listener.onHeaders(headers);
    }
    if (message != null) {
      listener.onMessage(message);
    }
    listener.onClose(status, trailers);
  }

  @Nullable R message() {
    return message;
  }
}
