package io.fairlead.client.internal;

import io.fairlead.observe.internal.AttemptResult;
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
  /** Who waits for the attempt's end. */
  interface Callback<Q, R> {
    /** The attempt is over; called once, on the executor of the call's options. */
    void ended(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers);

    /** Returns how many messages the caller has asked for. */
    int requested();
  }

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

  /** Null while the request is being sent and nobody wants it cancelled. */
  private volatile @Nullable CancelRequest state;

  private final Callback<Q, R> callback;

  /** Null until it has started. */
  private volatile @Nullable ClientCall<Q, R> call;

  private @Nullable Metadata headers;
  private @Nullable R message;

  UnaryAttempt(Callback<Q, R> callback, AttemptTracer tracer) {
    this.callback = callback;
    this.tracer = tracer;
  }

  void send(
      ClientCall<Q, R> started,
      Metadata requestHeaders,
      @Nullable Q request,
      boolean uncompressed) {
    started.start(this, requestHeaders);
    call = started;
    try {
      // Read now: what is asked for from here on is asked of this attempt as well.
      int requested = callback.requested();
      if (requested > 0) {
        started.request(requested);
      }
      if (uncompressed) {
        started.setMessageCompression(false);
      }
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
    callback.ended(this, tracer.resultFor(status, trailers), trailers);
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
