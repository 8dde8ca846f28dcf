package io.fairlead.client.internal;

import com.google.common.math.IntMath;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A unary call: its request is collected first, then attempts are made of it, and at the end the
 * caller gets one response.
 *
 * <p>A response is kept with its attempt until that attempt is known to be the decisive one. So the
 * caller never sees headers or a message of an attempt that lost.
 */
class UnaryCall<Q, R> extends AttemptEngine<Q, R> {
  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<UnaryCall> REQUESTED =
      AtomicIntegerFieldUpdater.newUpdater(UnaryCall.class, "requested");

  /** Responses that the caller asked for; attempts that start later ask for as many. */
  private volatile int requested;

  private @Nullable Q request;
  private boolean uncompressed;

  UnaryCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    super(stack, method, options, deadline, startedNanos);
  }

  @Override
  final Attempt<Q, R> attempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
    return new UnaryAttempt<>(this, tracer, previous);
  }

  @Override
  public final void request(int numMessages) {
    // Counted before it is passed on: an attempt that starts meanwhile may be asked for too many
    // messages, which does no harm, but never for too few.
    REQUESTED.accumulateAndGet(this, numMessages, IntMath::saturatedAdd);
    for (Attempt<Q, R> each = latest(); each != null; each = each.previous) {
      if (each.running) {
        each.request(numMessages);
      }
    }
  }

  @Override
  public final void sendMessage(Q message) {
    if (request != null) {
      throw new IllegalStateException(
          method.getFullMethodName() + " is unary: a second message cannot be sent");
    }
    request = ReplayableRequest.of(method, message, options());
  }

  /** Takes a request that another call has made ready to be sent. */
  final void take(Q replayable) {
    request = replayable;
  }

  /** Returns the headers of the response of the attempt that ended the call, or null. */
  final @Nullable Metadata responseHeaders() {
    return answer() instanceof UnaryAttempt<Q, R> attempt ? attempt.headers() : null;
  }

  @Override
  public final void halfClose() {
    if (begins()) {
      stack.outermost.begin(this);
    }
  }

  @Override
  public final boolean isReady() {
    return !isBegun();
  }

  @Override
  public final void setMessageCompression(boolean enabled) {
    uncompressed = !enabled;
  }

  final boolean isUncompressed() {
    return uncompressed;
  }

  /** Returns how many messages the caller has asked for. */
  final int requested() {
    return requested;
  }

  @Override
  public final @Nullable Q request() {
    return request;
  }
}
