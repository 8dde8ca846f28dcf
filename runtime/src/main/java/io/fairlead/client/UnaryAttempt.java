package io.fairlead.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/** One attempt of a unary call: keeps what comes back until it is known to be the answer. */
final class UnaryAttempt<Q, R> extends ClientCall.Listener<R> {
  /** Who waits for the attempt's end. */
  interface Owner<Q, R> {
    /** The attempt is over; called once, on the executor of the call's options. */
    void ended(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers);
  }

  /** That an attempt be cancelled. */
  private static final class Wish {
    final @Nullable String message;
    final @Nullable Throwable cause;

    Wish(@Nullable String message, @Nullable Throwable cause) {
      this.message = message;
      this.cause = cause;
    }
  }

  /** The request has been sent, or failed to be: a cancellation goes straight to the call. */
  private static final Wish SENT = new Wish(null, null);

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicReferenceFieldUpdater<UnaryAttempt, @Nullable Wish> STATE =
      AtomicReferenceFieldUpdater.newUpdater(UnaryAttempt.class, Wish.class, "state");

  final AttemptTrace trace;
  final ClientCall<Q, R> call;

  /** Null while the request is being sent and nobody wants it cancelled. */
  private volatile @Nullable Wish state;

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
    try {
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
    } finally {
      Wish wish = STATE.getAndSet(this, SENT);
      if (wish != null) {
        call.cancel(wish.message, wish.cause);
      }
    }
  }

  /**
   * Ends it; any thread. Not in the middle of sending: grpc-java would then refuse the rest of the
   * request, and never free the part that it has framed already.
   */
  void cancel(@Nullable String message, @Nullable Throwable cause) {
    // False if it has been sent, or if somebody wished the same before.
    if (!STATE.compareAndSet(this, null, new Wish(message, cause)) && state == SENT) {
      call.cancel(message, cause);
    }
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
  public void onClose(Status status, Metadata trailers) {
    owner.ended(this, LostConnection.named(status), trailers);
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
