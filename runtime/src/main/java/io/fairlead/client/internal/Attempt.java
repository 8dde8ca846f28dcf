package io.fairlead.client.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a call, as its call sees it: how it is sent, how it is cancelled, and what came
 * back.
 *
 * <p>It is the listener of grpc-java's call, and is told on the executor of the call's options.
 * Sending and cancelling may meet: a cancellation that comes while the request is being sent is
 * kept, and carried out when the sending is done, through the one field {@link #state}.
 */
abstract class Attempt<Q, R> extends ClientCall.Listener<R> {
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
  private static final AtomicReferenceFieldUpdater<Attempt, @Nullable CancelRequest> STATE =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, CancelRequest.class, "state");

  final AttemptTracer tracer;

  /** The attempt before it in the same call: the last one leads to all of them. */
  final @Nullable Attempt<Q, R> previous;

  /**
   * Whether the call still waits for its end. Changed under the monitor of the call, which counts
   * with it; who only wants to cancel it may read an old value.
   */
  boolean running = true;

  /** What is said to the server: attempts before it that count. Written before it is sent. */
  int attemptsBefore;

  /** Null while the request is being sent and nobody wants it cancelled. */
  private volatile @Nullable CancelRequest state;

  /** Null until it has started, and once it has ended: a long stream may keep its attempts. */
  private volatile @Nullable ClientCall<Q, R> started;

  Attempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
    this.tracer = tracer;
    this.previous = previous;
  }

  /** Sends what the caller has sent so far. */
  void send(ClientCall<Q, R> call, Metadata requestHeaders) {
    call.start(this, requestHeaders);
    if (running) {
      started = call;
    }
    try {
      sendRequest(call);
    } catch (RuntimeException | Error e) {
      if (previous == null) {
        throw e; // the caller is on this thread, and hears of it
      }
      call.cancel("the attempt could not be sent", e);
    } finally {
      CancelRequest cancelRequest = STATE.getAndSet(this, SENT);
      if (cancelRequest != null) {
        call.cancel(cancelRequest.message, cancelRequest.cause);
      }
    }
  }

  /** Sends what the caller has asked for and sent, on a call that has just started. */
  abstract void sendRequest(ClientCall<Q, R> call);

  /** Hears that it is over; called once, on the executor of the call's options. */
  abstract void ended(AttemptResult result, Metadata trailers);

  /**
   * Ends it; any thread. Not in the middle of sending: grpc-java would then refuse the rest of the
   * request, and never free the part that it has framed already.
   */
  final void cancel(@Nullable String message, @Nullable Throwable cause) {
    // False if it has been sent, or if it was cancelled before.
    if (!STATE.compareAndSet(this, null, new CancelRequest(message, cause)) && state == SENT) {
      ClientCall<Q, R> call = started;
      if (call != null) {
        call.cancel(message, cause);
      }
    }
  }

  /** Returns the call, or null before it has started and after it has ended. */
  final @Nullable ClientCall<Q, R> started() {
    return started;
  }

  /** Asks for more messages; an attempt that has not started yet will ask for all by itself. */
  final void request(int numMessages) {
    ClientCall<Q, R> call = started;
    if (call != null) {
      call.request(numMessages);
    }
  }

  @Override
  public final void onClose(Status status, Metadata trailers) {
    started = null;
    ended(tracer.resultFor(status, trailers), trailers);
  }

  /** Gives the caller what has been kept of it, and the end of the call. */
  void deliver(ClientCall.Listener<R> listener, Status status, Metadata trailers) {
    listener.onClose(status, trailers);
  }

  /** Returns the response that has been kept, or null. */
  @Nullable R message() {
    return null;
  }

  /** Lets go of a response that has been kept. */
  void dropResponse() {}
}
