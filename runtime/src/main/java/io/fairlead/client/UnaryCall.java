package io.fairlead.client;

import io.fairlead.observe.AttemptOutcome.Departure;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RetryVerdict;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A unary call and its attempts, one after the other.
 *
 * <p>Nothing is sent before the request is complete, so each attempt is started by one thread, and
 * the next one only when it has ended. What remains to race is a cancellation, which the state
 * decides: no locks.
 */
final class UnaryCall<Q, R> extends OneRequestCall<Q, R>
    implements Runnable, Context.CancellationListener, ClientStack.Pausing {
  private static final int OPEN = 0;
  private static final int RUNNING = 1;
  private static final int WAITING = 2;
  private static final int DONE = 3;

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<UnaryCall> STATE =
      AtomicIntegerFieldUpdater.newUpdater(UnaryCall.class, "state");

  private volatile int state;
  private volatile @Nullable Status cancelled;
  private volatile @Nullable UnaryAttempt<Q, R> current;
  private volatile @Nullable Future<?> pause;
  private @Nullable AttemptTrace waiting;
  private int repeats;
  private int resends;

  UnaryCall(
      ClientStack stack,
      MethodPlan plan,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    super(stack, plan, method, options, startedNanos);
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
    if (!STATE.compareAndSet(this, OPEN, RUNNING)) {
      return; // cancelled before it was complete
    }
    Status refusal = refusal();
    if (refusal != null) {
      finish(null, refusal, new Metadata(), "");
      return;
    }
    attempt(new AttemptTrace(firstPick(), stack.nanoTime(), startedNanos));
  }

  private void attempt(AttemptTrace trace) {
    UnaryAttempt<Q, R> attempt = newAttempt(trace);
    current = attempt;
    send(attempt, repeats);
    Status asked = cancelled;
    if (asked != null) {
      attempt.cancel(asked.getDescription(), asked.getCause());
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {
    AttemptTrace trace = attempt.trace;
    long now = stack.nanoTime().getAsLong();
    boolean late =
        plan.perAttemptNanos > 0
            && status.getCode() == Status.Code.DEADLINE_EXCEEDED
            && now - trace.startedNanos() >= plan.perAttemptNanos
            && leftNanos() > 0;
    trace.end(status, late, now);
    stack.attemptEnded(plan, trace, now);
    if (status.isOk()) {
      finish(attempt, status, trailers, "");
    } else if (cancelled != null || context.isCancelled()) {
      finish(attempt, status, trailers, "the caller cancelled it");
    } else if (stack.mayResend(trace, resends) && leftNanos() > 0) {
      resends++;
      inItsContext(next(trace, Kind.RESEND, now));
    } else {
      decide(attempt, status, trailers, now);
    }
  }

  private void decide(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, long nowNanos) {
    AttemptTrace trace = attempt.trace;
    RetryPolicy retry = plan.retry;
    if (retry == null || stack.closing()) {
      finish(attempt, status, trailers, Endings.of(plan, stack.closing()));
      return;
    }
    RetryVerdict verdict =
        retry.decide(
            new FailedAttempt(
                repeats + 1,
                trace.code(),
                trace.timedOut(),
                trace.departure() == Departure.SENT,
                Endings.pushback(trailers),
                leftNanos()),
            plan.repeatable,
            stack.budget(),
            stack.random());
    if (verdict instanceof RetryVerdict.Again again) {
      repeats++;
      await(next(trace, Kind.RETRY, nowNanos), again.pauseNanos());
    } else if (verdict instanceof RetryVerdict.Stop stop) {
      finish(attempt, status, trailers, stop.reason().toString());
    }
  }

  private AttemptTrace next(AttemptTrace failed, Kind kind, long nowNanos) {
    return new AttemptTrace(failed.pick.next(), failed, kind, stack.nanoTime(), nowNanos);
  }

  private void await(AttemptTrace next, long pauseNanos) {
    waiting = next;
    context.addListener(this, Runnable::run);
    stack.waiting(this);
    state = WAITING;
    pause = stack.scheduler().schedule(this, pauseNanos, TimeUnit.NANOSECONDS);
    Status asked = cancelled;
    if (asked != null) {
      endPause(asked);
    } else if (stack.closing()) {
      channelClosed();
    }
  }

  /** The pause is over. */
  @Override
  public void run() {
    AttemptTrace next = waiting;
    if (next == null || !STATE.compareAndSet(this, WAITING, RUNNING)) {
      return;
    }
    leavePause();
    inItsContext(next.restarted(stack.nanoTime().getAsLong()));
  }

  /** An attempt belongs to the context of the call, not to that of the thread that starts it. */
  private void inItsContext(AttemptTrace next) {
    Context before = context.attach();
    try {
      attempt(next);
    } finally {
      context.detach(before);
    }
  }

  private void leavePause() {
    context.removeListener(this);
    stack.noLongerWaiting(this);
  }

  @Override
  public void cancelled(Context ended) {
    Throwable cause = ended.cancellationCause();
    Status status =
        cause instanceof TimeoutException
            ? Status.DEADLINE_EXCEEDED.withDescription("the deadline of the inbound call passed")
            : Status.CANCELLED.withDescription("the inbound call was cancelled");
    endPause(status.withCause(cause));
  }

  /** The channel closes: a call that pauses has no attempt that grpc-java could end. */
  @Override
  public void channelClosed() {
    endPause(Status.UNAVAILABLE.withDescription("the channel was closed"));
  }

  private void endPause(Status status) {
    if (STATE.compareAndSet(this, WAITING, RUNNING)) {
      Future<?> timer = pause;
      if (timer != null) {
        timer.cancel(false);
      }
      leavePause();
      UnaryAttempt<Q, R> last = current;
      onItsExecutor(() -> finish(last, status, new Metadata(), "it ended while it paused"));
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (cancelled != null) {
      return;
    }
    Status asked =
        Status.CANCELLED
            .withDescription(message == null ? "the caller cancelled" : message)
            .withCause(cause);
    cancelled = asked;
    if (STATE.compareAndSet(this, OPEN, RUNNING)) {
      onItsExecutor(() -> finish(null, asked, new Metadata(), "it was cancelled before it began"));
      return;
    }
    endPause(asked);
    UnaryAttempt<Q, R> attempt = current;
    if (attempt != null) {
      attempt.cancel(message, cause);
    }
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    state = DONE;
    conclude(attempt, status, trailers, ending, cancelled != null);
  }

  @Override
  public boolean isReady() {
    return state == OPEN;
  }
}
