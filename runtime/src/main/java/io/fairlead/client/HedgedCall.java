package io.fairlead.client;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.observe.AttemptOutcome.Kind;
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
final class HedgedCall<Q, R> extends OneRequestCall<Q, R> implements Runnable, Pause.Owner {
  private final HedgingPolicy hedging;

  // On no executor of the caller's: a copy that loses may answer after the caller has gone with
  // the executor, and its answer, never run, would not be freed. Nothing here blocks.
  private final CallOptions ofCopies;
  private final Object lock = new Object();

  // The fields below are guarded by the lock; nothing of a caller's is called under it.
  private final List<UnaryAttempt<Q, R>> running = new ArrayList<>();
  private @Nullable AttemptTrace latest;
  private @Nullable Failure<Q, R> lastFailure;
  private @Nullable Future<?> timer;
  private @Nullable Pause pause;
  private int sent;
  private int resends;
  private boolean stopped;
  private boolean over;
  private @Nullable Status cancelled;

  private record Failure<Q, R>(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {}

  /** What follows the failure of a copy. */
  private enum Next {
    /** Others still run. */
    NOTHING,
    /** It went nowhere, so it is sent again and is the same copy. */
    THE_SAME,
    ANOTHER,
    A_PAUSE,
    THE_END
  }

  HedgedCall(
      ClientStack stack,
      MethodPlan plan,
      HedgingPolicy hedging,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    super(stack, plan, method, options, startedNanos);
    this.hedging = hedging;
    this.ofCopies = options.withExecutor(MoreExecutors.directExecutor());
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
    Status refusal = refusal();
    if (refusal != null) {
      finish(null, refusal, new Metadata(), "");
    } else {
      run();
    }
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
      AttemptTrace before = latest;
      AttemptTrace trace =
          new AttemptTrace(
              before == null ? firstPick() : before.pick.next(),
              before,
              before == null ? Kind.FIRST : kind,
              stack.nanoTime(),
              stack.nanoTime().getAsLong());
      latest = trace;
      if (kind == Kind.RESEND) {
        copies = sent - 1;
      } else {
        copies = sent++;
        scheduleNext(hedging.delay().toNanos());
      }
      attempt = newAttempt(trace, ofCopies);
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
    stopped = sent > 0 && !stack.budget().tryWithdraw();
    return !stopped;
  }

  /** Needs the lock. */
  private void scheduleNext(long nanos) {
    stopTimer();
    if (!stopped && sent < hedging.attempts()) {
      timer = stack.scheduler().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Needs the lock. */
  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {
    long now = stack.nanoTime().getAsLong();
    attempt.trace.end(status, false, now);
    stack.attemptEnded(plan, attempt.trace, now);
    if (status.isOk()) {
      synchronized (lock) {
        running.remove(attempt);
      }
      finish(attempt, status, trailers, "");
      return;
    }
    Pushback pushback = Endings.pushback(trailers);
    Next next;
    synchronized (lock) {
      running.remove(attempt);
      if (over) {
        return; // a copy that lost
      }
      lastFailure = new Failure<>(attempt, status, trailers);
      next = next(attempt.trace, pushback);
    }
    switch (next) {
      case NOTHING -> {}
      case THE_SAME -> send(Kind.RESEND);
      case ANOTHER -> sendOrFail();
      case A_PAUSE -> pause(TimeUnit.MILLISECONDS.toNanos(pushback.millis()));
      case THE_END -> fail();
    }
  }

  /** Needs the lock. */
  private Next next(AttemptTrace failed, Pushback pushback) {
    if (cancelled == null && leftNanos() > 0 && stack.mayResend(failed, resends)) {
      resends++;
      return Next.THE_SAME;
    }
    if (isFinal(failed)) {
      return Next.THE_END;
    }
    stopped |= pushback.present() && pushback.millis() < 0;
    if (stopped || cancelled != null || sent >= hedging.attempts()) {
      return running.isEmpty() ? Next.THE_END : Next.NOTHING;
    }
    if (!pushback.present()) {
      stopTimer();
      return Next.ANOTHER;
    }
    long nanos = TimeUnit.MILLISECONDS.toNanos(pushback.millis());
    if (!running.isEmpty()) {
      scheduleNext(nanos);
      return Next.NOTHING;
    }
    stopTimer();
    return nanos < leftNanos() ? Next.A_PAUSE : Next.THE_END;
  }

  private boolean isFinal(AttemptTrace failed) {
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

  private void pause(long nanos) {
    Pause begun = new Pause(stack, context, this);
    Status asked;
    synchronized (lock) {
      pause = begun;
      asked = cancelled;
    }
    begun.begin(nanos);
    if (asked != null) {
      begun.cut(asked);
    }
  }

  @Override
  public void resume() {
    sendOrFail();
  }

  @Override
  public void cut(Status why) {
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
      ending = ending(last.attempt().trace);
    }
    finish(last.attempt(), last.status(), last.trailers(), ending);
  }

  /** Needs the lock. */
  private String ending(AttemptTrace last) {
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
    Status asked = Endings.cancellation(message, cause);
    List<UnaryAttempt<Q, R>> now;
    Pause paused;
    boolean alone;
    synchronized (lock) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      stopped = true;
      now = List.copyOf(running);
      paused = pause;
      alone = sent == 0;
    }
    if (alone) {
      finish(null, asked, new Metadata(), "it was cancelled before it began");
    }
    if (paused != null) {
      paused.cut(asked);
    }
    now.forEach(attempt -> attempt.cancel(message, cause));
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    List<UnaryAttempt<Q, R>> losers;
    AttemptTrace all;
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
      if (attempt != null && attempt.trace.number > loser.trace.number) {
        loser.trace.pick.superseded();
      }
      loser.cancel("another copy answered", null);
    }
    onItsExecutor(() -> conclude(attempt, all, status, trailers, ending, byCaller));
  }
}
