package io.fairlead.client.internal;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a unary call: keeps what comes back until it is known to be the response.
 *
 * <p>It is the listener of grpc-java's call, and is told on the executor of the call's options.
 * Sending and cancelling may meet: a cancellation that comes while the request is being sent is
 * kept, and carried out when the sending is done, through the one field {@link #state}.
 */
final class UnaryAttempt<Q, R> extends ClientCall.Listener<R> {
  /** A cancellation that came while the request was being sent. */
  private static final class CancelRequest {
    final @Nullable String message;
    final @Nullable Throwable cause;

    CancelRequest(@Nullable String message, @Nullable Throwable cause) {
      this.message = message;
      this.cause = cause;
    }
  }

  /** The request has been sent, or failed to be: a cancellation goes straight to the call. */
  private static final CancelRequest SENT = new CancelRequest(null, null);

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicReferenceFieldUpdater<UnaryAttempt, @Nullable CancelRequest> STATE =
      AtomicReferenceFieldUpdater.newUpdater(UnaryAttempt.class, CancelRequest.class, "state");

  final AttemptTracer tracer;

  /** The attempt before it in the same call: the last one leads to all of them. */
  final @Nullable UnaryAttempt<Q, R> previous;

  /**
   * Whether the call still waits for its end. Changed under the monitor of the call, which counts
   * with it; who only wants to cancel it may read an old value.
   */
  boolean running = true;

  /** Null while the request is being sent and nobody wants it cancelled. */
  private volatile @Nullable CancelRequest state;

  private final AttemptEngine<Q, R> owner;

  /** Null until it has started. */
  private volatile @Nullable ClientCall<Q, R> call;

  private @Nullable Metadata headers;
  private @Nullable R message;

  UnaryAttempt(
      AttemptEngine<Q, R> owner, AttemptTracer tracer, @Nullable UnaryAttempt<Q, R> previous) {
    this.owner = owner;
    this.tracer = tracer;
    this.previous = previous;
  }

  /** Sends what the caller of the call has sent. */
  void send(ClientCall<Q, R> started, Metadata requestHeaders) {
    started.start(this, requestHeaders);
    call = started;
    try {
      // Read now: what is asked for from here on is asked of this attempt as well.
      int requested = owner.requested();
      if (requested > 0) {
        started.request(requested);
      }
      if (owner.isUncompressed()) {
        started.setMessageCompression(false);
      }
      Q request = owner.request();
      if (request != null) {
        started.sendMessage(request);
      }
      started.halfClose();
    } finally {
      CancelRequest cancelRequest = STATE.getAndSet(this, SENT);
      if (cancelRequest != null) {
        started.cancel(cancelRequest.message, cancelRequest.cause);
      }
    }
  }

  /**
   * Ends it; any thread. Not in the middle of sending: grpc-java would then refuse the rest of the
   * request, and never free the part that it has framed already.
   */
  void cancel(@Nullable String message, @Nullable Throwable cause) {
    // False if it has been sent, or if it was cancelled before.
    if (!STATE.compareAndSet(this, null, new CancelRequest(message, cause)) && state == SENT) {
      ClientCall<Q, R> started = call;
      if (started != null) {
        started.cancel(message, cause);
      }
    }
  }

  /** Asks for more messages; an attempt that has not started yet will ask for all by itself. */
  void request(int numMessages) {
    ClientCall<Q, R> started = call;
    if (started != null) {
      started.request(numMessages);
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
    owner.ended(this, tracer.resultFor(status, trailers), trailers);
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

  /** Lets go of what came back: of the responses to a broadcast, the caller gets one. */
  void dropResponse() {
    headers = null;
    message = null;
  }

  @Nullable R message() {
    return message;
  }
}
