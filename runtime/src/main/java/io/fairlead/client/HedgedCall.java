package io.fairlead.client;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.HedgingPolicy;
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
final class HedgedCall<Q, R> extends OneRequestCall<Q, R> implements Runnable {
  private final HedgingPolicy hedging;

  // On no executor of the caller's: a copy that loses may answer after the caller has gone with
  // the executor, and its answer, never run, would not be freed. Nothing here blocks.
  private final CallOptions ofCopies;
  private final Object lock = new Object();

  // The fields below are guarded by the lock; nothing of a caller's is called under it.
  private final List<UnaryAttempt<Q, R>> running = new ArrayList<>();
  private @Nullable AttemptTrace latest;
  private @Nullable Future<?> timer;
  private int sent;
  private boolean stopped;
  private boolean over;
  private boolean cancelled;

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
    Context before = context.attach();
    try {
      sendNext();
    } finally {
      context.detach(before);
    }
  }

  private void sendNext() {
    UnaryAttempt<Q, R> attempt;
    int copies;
    synchronized (lock) {
      if (over || stopped || sent >= hedging.attempts()) {
        return;
      }
      if (sent > 0 && !stack.budget().tryWithdraw()) {
        stopped = true;
        return;
      }
      AttemptTrace before = latest;
      AttemptTrace trace =
          new AttemptTrace(
              before == null ? firstPick() : before.pick.next(),
              before,
              before == null ? Kind.FIRST : Kind.HEDGE,
              stack.nanoTime(),
              stack.nanoTime().getAsLong());
      latest = trace;
      copies = sent++;
      attempt = newAttempt(trace, ofCopies);
      running.add(attempt);
      scheduleNext(hedging.delay().toNanos());
    }
    send(attempt, copies);
    boolean late;
    synchronized (lock) {
      late = over;
    }
    if (late) {
      attempt.cancel("another copy answered", null);
    }
  }

  private void scheduleNext(long nanos) {
    if (!stopped && sent < hedging.attempts()) {
      timer = stack.scheduler().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, Status status, Metadata trailers) {
    long now = stack.nanoTime().getAsLong();
    attempt.trace.end(status, false, now);
    stack.attemptEnded(plan, attempt.trace, now);
    boolean final_ = status.isOk() || !hedging.codes().contains(Code.of(status.getCode().value()));
    Pushback pushback = Endings.pushback(trailers);
    boolean sendMore = false;
    synchronized (lock) {
      running.remove(attempt);
      if (over) {
        return; // a copy that lost
      }
      if (!final_) {
        if (timer != null) {
          timer.cancel(false);
        }
        stopped |= pushback.present() && pushback.millis() < 0;
        sendMore = !stopped && sent < hedging.attempts() && !cancelled;
        if (!sendMore && !running.isEmpty()) {
          return; // the other copies may still answer
        }
        if (sendMore && pushback.present()) {
          scheduleNext(TimeUnit.MILLISECONDS.toNanos(pushback.millis()));
          return;
        }
      }
    }
    if (sendMore) {
      run();
      synchronized (lock) {
        if (over || !running.isEmpty()) {
          return;
        }
      }
    }
    finish(attempt, status, trailers, status.isOk() ? "" : ending(final_));
  }

  private String ending(boolean final_) {
    if (final_) {
      return "its code is not worth another copy";
    }
    return sent < hedging.attempts() ? "no further copy was allowed" : "all copies failed";
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    List<UnaryAttempt<Q, R>> now;
    synchronized (lock) {
      if (over || cancelled) {
        return;
      }
      cancelled = true;
      stopped = true;
      now = List.copyOf(running);
    }
    if (now.isEmpty()) {
      Status status =
          Status.CANCELLED
              .withDescription(message == null ? "the caller cancelled" : message)
              .withCause(cause);
      finish(null, status, new Metadata(), "it was cancelled");
    } else {
      now.forEach(attempt -> attempt.cancel(message, cause));
    }
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
      byCaller = cancelled;
      if (timer != null) {
        timer.cancel(false);
      }
      losers = List.copyOf(running);
      all = latest;
    }
    for (UnaryAttempt<Q, R> loser : losers) {
      if (attempt != null && attempt.trace.number > loser.trace.number) {
        loser.trace.pick.overtaken();
      }
      loser.cancel("another copy answered", null);
    }
    onItsExecutor(() -> conclude(attempt, all, status, trailers, ending, byCaller));
  }
}
