package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A unary call and its attempts, one after the other.
 *
 * <p>Nothing is sent before the request is complete, so each attempt is started by one thread, and
 * the next one only when it has ended. What remains to race is a cancellation, which the state
 * decides: no locks.
 */
final class RetryingCall<Q, R> extends AbstractUnaryCall<Q, R> implements BackoffTimer.Listener {
  private static final int OPEN = 0;
  private static final int BEGUN = 1;

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<RetryingCall> STATE =
      AtomicIntegerFieldUpdater.newUpdater(RetryingCall.class, "state");

  private volatile int state;
  private volatile @Nullable Status cancelled;
  private volatile @Nullable UnaryAttempt<Q, R> current;
  private volatile @Nullable BackoffTimer backoffTimer;
  private @Nullable AttemptTracer waiting;
  private final RetryState retryState;

  RetryingCall(
      ClientStack stack, MethodDescriptor<Q, R> method, CallOptions options, long startedNanos) {
    super(stack, method, options, startedNanos);
    this.retryState = new RetryState(environment, config);
  }

  @Override
  void requestMore(int numMessages) {
    UnaryAttempt<Q, R> attempt = current;
    if (attempt != null) {
      attempt.call.request(numMessages);
    }
  }

  @Override
  public void halfClose() {
    if (!STATE.compareAndSet(this, OPEN, BEGUN)) {
      return; // cancelled before it was complete
    }
    stack.begin(this);
  }

  @Override
  public void beginAttempts() {
    startInCallContext(firstAttempt());
  }

  @Override
  public void refused(Runnable tell) {
    tell.run();
  }

  private void attempt(AttemptTracer tracer) {
    UnaryAttempt<Q, R> attempt = newAttempt(tracer);
    current = attempt;
    send(attempt, retryState.previousAttempts());
    Status asked = cancelled;
    if (asked != null) {
      attempt.cancel(asked.getDescription(), asked.getCause());
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    AttemptTracer tracer = attempt.tracer;
    Status status = result.status();
    if (status.isOk()) {
      finish(attempt, status, trailers, "");
    } else if (cancelled != null || context.isCancelled()) {
      finish(attempt, status, trailers, "the caller cancelled it");
    } else if (retryState.tryResend(result, leftNanos())) {
      startInCallContext(stack.attempts.after(tracer, Kind.RESEND, result.endedNanos()));
    } else {
      RetryState.Next next = retryState.decide(result, leftNanos());
      if (next.hasAttempt()) {
        startBackoff(
            stack.attempts.after(tracer, Kind.RETRY, result.endedNanos()), next.backoffNanos());
      } else {
        finish(attempt, status, trailers, next.endReason());
      }
    }
  }

  private void startBackoff(AttemptTracer next, long nanos) {
    BackoffTimer begun = new BackoffTimer(environment, context, this);
    waiting = next;
    backoffTimer = begun;
    begun.begin(nanos);
    Status asked = cancelled;
    if (asked != null) {
      begun.abort(asked);
    }
  }

  @Override
  public void onElapsed() {
    AttemptTracer next = waiting;
    if (next != null) {
      startInCallContext(next.startedAt(environment.now()));
    }
  }

  /**
   * An attempt belongs to the context in which the call was made, not to that of the thread that
   * completes the request or ends a pause: deadline and cancellation come from there.
   */
  private void startInCallContext(AttemptTracer next) {
    Context before = context.attach();
    try {
      attempt(next);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onAborted(Status why) {
    UnaryAttempt<Q, R> last = current;
    onCallExecutor(() -> finish(last, why, new Metadata(), "it ended while it paused"));
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (cancelled != null) {
      return;
    }
    Status asked = Cancellations.cancellation(message, cause);
    cancelled = asked;
    if (STATE.compareAndSet(this, OPEN, BEGUN)) {
      onCallExecutor(() -> finish(null, asked, new Metadata(), "it was cancelled before it began"));
      return;
    }
    BackoffTimer paused = backoffTimer;
    if (paused != null) {
      paused.abort(asked);
    }
    UnaryAttempt<Q, R> attempt = current;
    if (attempt != null) {
      attempt.cancel(message, cause);
    }
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    conclude(attempt, status, trailers, ending, cancelled != null);
  }

  @Override
  public boolean isReady() {
    return state == OPEN;
  }
}
