package io.fairlead.client;

import io.fairlead.observe.AttemptOutcome.Kind;
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
final class UnaryCall<Q, R> extends OneRequestCall<Q, R> implements Pause.Owner {
  private static final int OPEN = 0;
  private static final int BEGUN = 1;

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<UnaryCall> STATE =
      AtomicIntegerFieldUpdater.newUpdater(UnaryCall.class, "state");

  private volatile int state;
  private volatile @Nullable Status cancelled;
  private volatile @Nullable UnaryAttempt<Q, R> current;
  private volatile @Nullable Pause pause;
  private @Nullable AttemptTrace waiting;
  private final Repeats repeats;

  UnaryCall(
      ClientStack stack,
      MethodPlan plan,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    super(stack, plan, method, options, startedNanos);
    this.repeats = new Repeats(stack, plan);
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
    Status refusal = refusal();
    if (refusal != null) {
      finish(null, refusal, new Metadata(), "");
      return;
    }
    inItsContext(new AttemptTrace(firstPick(), stack.nanoTime(), startedNanos));
  }

  private void attempt(AttemptTrace trace) {
    UnaryAttempt<Q, R> attempt = newAttempt(trace);
    current = attempt;
    send(attempt, repeats.count());
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
    } else if (repeats.resends(trace, leftNanos())) {
      inItsContext(next(trace, Kind.RESEND, now));
    } else {
      Repeats.Next next = repeats.decide(trace, trailers, leftNanos());
      if (next.isAttempt()) {
        pause(next(trace, Kind.RETRY, now), next.pauseNanos());
      } else {
        finish(attempt, status, trailers, next.ending());
      }
    }
  }

  private AttemptTrace next(AttemptTrace failed, Kind kind, long nowNanos) {
    return new AttemptTrace(failed.pick.next(), failed, kind, stack.nanoTime(), nowNanos);
  }

  private void pause(AttemptTrace next, long nanos) {
    Pause begun = new Pause(stack, context, this);
    waiting = next;
    pause = begun;
    begun.begin(nanos);
    Status asked = cancelled;
    if (asked != null) {
      begun.cut(asked);
    }
  }

  @Override
  public void resume() {
    AttemptTrace next = waiting;
    if (next != null) {
      inItsContext(next.restarted(stack.nanoTime().getAsLong()));
    }
  }

  /**
   * An attempt belongs to the context in which the call was made, not to that of the thread that
   * completes the request or ends a pause: deadline and cancellation come from there.
   */
  private void inItsContext(AttemptTrace next) {
    Context before = context.attach();
    try {
      attempt(next);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void cut(Status why) {
    UnaryAttempt<Q, R> last = current;
    onItsExecutor(() -> finish(last, why, new Metadata(), "it ended while it paused"));
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    if (cancelled != null) {
      return;
    }
    Status asked = Endings.cancellation(message, cause);
    cancelled = asked;
    if (STATE.compareAndSet(this, OPEN, BEGUN)) {
      onItsExecutor(() -> finish(null, asked, new Metadata(), "it was cancelled before it began"));
      return;
    }
    Pause paused = pause;
    if (paused != null) {
      paused.cut(asked);
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
