package io.fairlead.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What all unary calls have in common: the request is collected first, then attempts are made of
 * it, and at the end the caller gets one response.
 *
 * <p>The caller's methods ({@link #start}, {@link #request}, {@link #sendMessage}, {@link
 * #halfClose}) come from one thread, as grpc-java demands. Attempts end on other threads. What both
 * touch is either written before the first attempt starts, volatile, or guarded by the monitor of
 * the call. A subclass decides which attempts there are, and calls {@link #conclude} once.
 *
 * <p>A response is kept with its attempt until that attempt is known to be the decisive one. So the
 * caller never sees headers or a message of an attempt that lost.
 */
abstract class AbstractUnaryCall<Q, R> extends ClientCall<Q, R> implements LayeredCall {
  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<AbstractUnaryCall> REQUESTED =
      AtomicIntegerFieldUpdater.newUpdater(AbstractUnaryCall.class, "requested");

  final ClientStack stack;
  final MethodDescriptor<Q, R> method;
  final CallOptions options;
  private final @Nullable Deadline deadline;
  final Context context = Context.current();
  final long startedNanos;

  /** Responses that the caller asked for; attempts that start later ask for as many. */
  private volatile int requested;

  private @Nullable Listener<R> listener;
  @Nullable Metadata headers;
  private @Nullable Q request;
  private boolean uncompressed;

  /** Whether the request is complete, or the call was cancelled before it was. */
  @GuardedBy("this")
  private boolean begun;

  /** The attempt whose response the caller gets; null for a failure that no attempt brought. */
  private @Nullable UnaryAttempt<Q, R> answer;

  AbstractUnaryCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    this.stack = stack;
    this.method = method;
    this.options = options;
    this.deadline = deadline;
    this.startedNanos = startedNanos;
  }

  /** Passes a late wish for messages on to the attempts under way. */
  abstract void requestMore(int numMessages);

  @Override
  public final void start(Listener<R> responseListener, Metadata requestHeaders) {
    if (listener != null) {
      throw new IllegalStateException(method.getFullMethodName() + ": start() was called twice");
    }
    listener = responseListener;
    headers = requestHeaders;
  }

  @Override
  public final void request(int numMessages) {
    // Counted before it is passed on: an attempt that starts meanwhile may be asked for too many
    // messages, which does no harm, but never for too few.
    REQUESTED.addAndGet(this, numMessages);
    requestMore(numMessages);
  }

  @Override
  public final void sendMessage(Q message) {
    if (request != null) {
      throw new IllegalStateException(
          method.getFullMethodName() + " is unary: a second message cannot be sent");
    }
    request = ReplayableRequest.of(method, message, options);
  }

  @Override
  public final void halfClose() {
    if (begin()) {
      stack.outermost.begin(this);
    }
  }

  /** Returns true once: to the half-close, or to a cancellation that comes before it. */
  final synchronized boolean begin() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  @Override
  public final synchronized boolean isReady() {
    return !begun;
  }

  @Override
  public final void setMessageCompression(boolean enabled) {
    uncompressed = !enabled;
  }

  final boolean isUncompressed() {
    return uncompressed;
  }

  @Override
  public final Context context() {
    return context;
  }

  @Override
  public final CallOptions options() {
    return options;
  }

  @Override
  public final @Nullable Deadline deadline() {
    return deadline;
  }

  @Override
  public final long startedNanos() {
    return startedNanos;
  }

  @Override
  public final @Nullable Q request() {
    return request;
  }

  @Override
  public final @Nullable R response() {
    return answer == null ? null : answer.message();
  }

  @Override
  public final boolean hasListener() {
    return listener != null;
  }

  /** Returns how many messages the caller has asked for. */
  final int requested() {
    return requested;
  }

  final void onCallExecutor(Runnable task) {
    Cancellations.on(options, task);
  }

  /**
   * Gives the caller its one answer; called once.
   *
   * @param last the attempt that all others can be reached from
   */
  final void conclude(
      @Nullable UnaryAttempt<Q, R> attempt,
      @Nullable UnaryAttempt<Q, R> last,
      Status status,
      Metadata trailers,
      String ending,
      boolean cancelled) {
    answer = attempt;
    stack.ended(
        this,
        new CallEnd(
            attempt == null ? null : attempt.tracer,
            last == null ? null : last.tracer,
            status,
            trailers,
            ending,
            false,
            cancelled));
  }

  @Override
  public final void deliver(Status status, Metadata trailers) {
    Listener<R> to = listener;
    if (to == null) {
      return; // nobody listens
    }
    if (answer == null) {
      to.onClose(status, trailers);
    } else {
      answer.deliver(to, status, trailers);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // the fallbacks are for the one method of this call
  public final void deliverInstead(Object response) {
    Listener<R> to = listener;
    if (to != null) {
      to.onHeaders(new Metadata());
      to.onMessage((R) response);
      to.onClose(Status.OK, new Metadata());
    }
  }

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[" + method.getFullMethodName() + " on " + stack + "]";
  }
}
