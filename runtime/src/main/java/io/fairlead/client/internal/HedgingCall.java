package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.RetryDecision;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A unary call of which copies are sent while none has answered. The first answer that counts is
 * the caller's, and the other copies are cancelled. Each copy avoids the endpoints of those before
 * it.
 */
final class HedgingCall<Q, R> extends AbstractUnaryCall<Q, R>
    implements Runnable, BackoffTimer.Listener {
  private final HedgingPolicy hedging;

  // On no executor of the caller's: a copy that loses may answer after the caller has gone with
  // the executor, and its answer, never run, would not be freed. Nothing here blocks.
  private final CallOptions hedgeOptions;
  private final Object lock = new Object();

  // The fields below are guarded by the lock; nothing of a caller's is called under it.
  private final List<UnaryAttempt<Q, R>> running = new ArrayList<>();
  private @Nullable AttemptTracer latest;
  private @Nullable Failure<Q, R> lastFailure;
  private @Nullable Future<?> timer;
  private @Nullable BackoffTimer backoffTimer;
  private int sent;
  private int resends;
  private boolean stopped;
  private boolean over;
  private @Nullable Status cancelled;

  private record Failure<Q, R>(
      UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {}

  /** What follows the failure of a copy. */
  private enum NextStep {
    /** Others still run. */
    NONE,
    /** It went nowhere, so it is sent again and is the same copy. */
    RESEND,
    NEXT_HEDGE,
    BACKOFF,
    FAIL
  }

  HedgingCall(
      ClientStack stack,
      HedgingPolicy hedging,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    super(stack, method, options, startedNanos);
    this.hedging = hedging;
    this.hedgeOptions = options.withExecutor(MoreExecutors.directExecutor());
  }

  @Override
  void requestMore(int numMessages) {
    List<UnaryAttempt<Q, R>> now;
    synchronized (lock) {
      now = List.copyOf(running);
    }
    now.forEach(attempt -> attempt.call.request(numMessages));
  }

  @Override
  public void halfClose() {
    synchronized (lock) {
      if (over) {
        return; // cancelled before it was complete
      }
    }
    stack.begin(this);
  }

  @Override
  public void beginAttempts() {
    run();
  }

  @Override
  public void refused(Runnable tell) {
    synchronized (lock) {
      over = true;
    }
    onCallExecutor(tell);
  }

  /** Sends the next copy. */
  @Override
  public void run() {
    send(Kind.HEDGE);
  }

  private void send(Kind kind) {
    Context before = context.attach();
    try {
      sendNow(kind);
    } finally {
      context.detach(before);
    }
  }

  private void sendNow(Kind kind) {
    UnaryAttempt<Q, R> attempt;
    int copies;
    synchronized (lock) {
      if (over || !mayBeSent(kind)) {
        return;
      }
      AttemptTracer before = latest;
      AttemptTracer tracer =
          before == null
              ? stack.attempts.first(options, request(), environment.now())
              : stack.attempts.after(before, kind, environment.now());
      latest = tracer;
      if (kind == Kind.RESEND) {
        copies = sent - 1;
      } else {
        copies = sent++;
        scheduleNext(hedging.delay().toNanos());
      }
      attempt = newAttempt(tracer, hedgeOptions);
      running.add(attempt);
    }
    send(attempt, copies);
    Status asked;
    boolean late;
    synchronized (lock) {
      late = over;
      asked = cancelled;
    }
    if (asked != null) {
      attempt.cancel(asked.getDescription(), asked.getCause());
    } else if (late) {
      attempt.cancel("another copy answered", null);
    }
  }

  /** Needs the lock. */
  private boolean mayBeSent(Kind kind) {
    if (kind == Kind.RESEND) {
      return true;
    }
    if (stopped || sent >= hedging.attempts()) {
      return false;
    }
    stopped = sent > 0 && !environment.budget().tryWithdraw();
    return !stopped;
  }

  /** Needs the lock. */
  private void scheduleNext(long nanos) {
    stopTimer();
    if (!stopped && sent < hedging.attempts()) {
      timer = environment.scheduler().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Needs the lock. */
  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    Status status = result.status();
    if (status.isOk()) {
      synchronized (lock) {
        running.remove(attempt);
      }
      finish(attempt, status, trailers, "");
      return;
    }
    Pushback pushback = result.pushback();
    NextStep nextStep;
    synchronized (lock) {
      running.remove(attempt);
      if (over) {
        return; // a copy that lost
      }
      lastFailure = new Failure<>(attempt, result, trailers);
      nextStep = nextStep(result);
    }
    switch (nextStep) {
      case NONE -> {}
      case RESEND -> send(Kind.RESEND);
      case NEXT_HEDGE -> sendOrFail();
      case BACKOFF -> startBackoff(TimeUnit.MILLISECONDS.toNanos(pushback.millis()));
      case FAIL -> fail();
    }
  }

  /** Needs the lock. */
  private NextStep nextStep(AttemptResult failed) {
    Pushback pushback = failed.pushback();
    if (cancelled == null
        && leftNanos() > 0
        && RetryState.mayResend(failed, resends, environment)) {
      resends++;
      return NextStep.RESEND;
    }
    if (isFinal(failed)) {
      return NextStep.FAIL;
    }
    stopped |= pushback.present() && pushback.millis() < 0;
    if (stopped || cancelled != null || sent >= hedging.attempts()) {
      return running.isEmpty() ? NextStep.FAIL : NextStep.NONE;
    }
    if (!pushback.present()) {
      stopTimer();
      return NextStep.NEXT_HEDGE;
    }
    long nanos = TimeUnit.MILLISECONDS.toNanos(pushback.millis());
    if (!running.isEmpty()) {
      scheduleNext(nanos);
      return NextStep.NONE;
    }
    stopTimer();
    return nanos < leftNanos() ? NextStep.BACKOFF : NextStep.FAIL;
  }

  private boolean isFinal(AttemptResult failed) {
    return !hedging.codes().contains(failed.code());
  }

  private void sendOrFail() {
    run();
    boolean alone;
    synchronized (lock) {
      alone = running.isEmpty();
    }
    if (alone) {
      fail();
    }
  }

  private void startBackoff(long nanos) {
    BackoffTimer begun = new BackoffTimer(environment, context, this);
    Status asked;
    synchronized (lock) {
      backoffTimer = begun;
      asked = cancelled;
    }
    begun.begin(nanos);
    if (asked != null) {
      begun.abort(asked);
    }
  }

  @Override
  public void onElapsed() {
    sendOrFail();
  }

  @Override
  public void onAborted(Status why) {
    Failure<Q, R> last;
    synchronized (lock) {
      last = lastFailure;
    }
    finish(last == null ? null : last.attempt(), why, new Metadata(), "it ended while it paused");
  }

  /** Ends the call with the last failure. */
  private void fail() {
    Failure<Q, R> last;
    String ending;
    synchronized (lock) {
      last = lastFailure;
      if (last == null) {
        return; // nothing was ever sent, so somebody else ended it
      }
      ending = endReason(last.result());
    }
    finish(last.attempt(), last.result().status(), last.trailers(), ending);
  }

  /** Needs the lock. */
  private String endReason(AttemptResult last) {
    if (cancelled != null) {
      return "the caller cancelled it";
    }
    if (isFinal(last)) {
      return "its code is not worth another copy";
    }
    if (sent >= hedging.attempts()) {
      return "all copies failed";
    }
    return stopped ? "no further copy was allowed" : RetryDecision.Reason.DEADLINE.toString();
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    Status asked = Cancellations.cancellation(message, cause);
    List<UnaryAttempt<Q, R>> now;
    BackoffTimer paused;
    boolean alone;
    synchronized (lock) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      stopped = true;
      now = List.copyOf(running);
      paused = backoffTimer;
      alone = sent == 0;
    }
    if (alone) {
      finish(null, asked, new Metadata(), "it was cancelled before it began");
    }
    if (paused != null) {
      paused.abort(asked);
    }
    now.forEach(attempt -> attempt.cancel(message, cause));
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    List<UnaryAttempt<Q, R>> losers;
    AttemptTracer all;
    boolean byCaller;
    synchronized (lock) {
      if (over) {
        return;
      }
      over = true;
      byCaller = cancelled != null;
      stopTimer();
      losers = List.copyOf(running);
      all = latest;
    }
    for (UnaryAttempt<Q, R> loser : losers) {
      if (attempt != null && attempt.tracer.number > loser.tracer.number) {
        loser.tracer.supersede();
      }
      loser.cancel("another copy answered", null);
    }
    onCallExecutor(() -> conclude(attempt, all, status, trailers, ending, byCaller));
  }
}
