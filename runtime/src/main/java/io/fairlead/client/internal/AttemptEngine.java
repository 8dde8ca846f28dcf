package io.fairlead.client.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.client.internal.AttemptStrategy.Backoff;
import io.fairlead.client.internal.AttemptStrategy.Delay;
import io.fairlead.client.internal.AttemptStrategy.Finish;
import io.fairlead.client.internal.AttemptStrategy.Send;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of a unary call: which are under way, how they are cancelled, and that the call ends
 * once. What follows a failed one is the decision of a {@link AttemptStrategy}; this class carries
 * it out.
 *
 * <table>
 *   <caption>States</caption>
 *   <tr><th>state</th><th>meaning</th><th>left by</th></tr>
 *   <tr><td>OPEN</td><td>the request is not complete</td>
 *       <td>half-close: BEGUN; cancellation: OVER</td></tr>
 *   <tr><td>BEGUN</td><td>attempts are under way, or one is about to be</td>
 *       <td>the end of an attempt: BEGUN, BACKOFF or OVER; a refusal: OVER</td></tr>
 *   <tr><td>BACKOFF</td><td>nothing is under way; {@link BackoffTimer} runs</td>
 *       <td>its time is over: BEGUN; cancellation, or the end of the channel: OVER</td></tr>
 *   <tr><td>OVER</td><td>the end is decided; attempts that still run have lost</td><td></td></tr>
 * </table>
 *
 * <p>One lock guards the state. Nothing of a caller's is called under it, and no message is sent; a
 * decision is made under it and carried out after it.
 */
class AttemptEngine<Q, R> extends AbstractUnaryCall<Q, R>
    implements BackoffTimer.Listener, Runnable {
  private enum State {
    OPEN,
    BEGUN,
    BACKOFF,
    OVER
  }

  /** An attempt that has failed. */
  record Failure<Q, R>(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {}

  final Object lock = new Object();
  private final AttemptStrategy strategy;
  private final CallOptions attemptOptions;

  /**
   * Whether attempts end on no executor of the caller: then the end is handed to it at the last.
   */
  private final boolean detached;

  @GuardedBy("lock")
  private State state = State.OPEN;

  /**
   * The attempts under way: one for retries, more for hedges and broadcasts. The list is replaced
   * and never changed, so that nearly all calls make one list of one attempt, and no copies.
   */
  @GuardedBy("lock")
  private List<UnaryAttempt<Q, R>> running = List.of();

  /** The attempt that was launched last, from which the others can be reached. */
  @GuardedBy("lock")
  private @Nullable AttemptTracer latest;

  /** What the caller is told if the backoff is cut short. */
  @GuardedBy("lock")
  private @Nullable Failure<Q, R> lastFailure;

  @GuardedBy("lock")
  private @Nullable Future<?> hedgeTimer;

  @GuardedBy("lock")
  private @Nullable BackoffTimer backoffTimer;

  @GuardedBy("lock")
  private final AttemptCounter counter;

  // Written under the lock, and read without it by a sender that looks whether it is too late.
  private volatile @Nullable Status cancelled;
  private volatile boolean over;

  /**
   * @param detached whether attempts run on no executor of the caller's: one that loses may answer
   *     after the caller has gone with the executor, and its answer, never run, would not be freed
   */
  AttemptEngine(
      ClientStack stack,
      AttemptStrategy strategy,
      boolean detached,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    super(stack, method, options, startedNanos);
    this.strategy = strategy;
    this.detached = detached;
    this.counter = new AttemptCounter(environment);
    this.attemptOptions = detached ? options.withExecutor(MoreExecutors.directExecutor()) : options;
  }

  @Override
  final void requestMore(int numMessages) {
    running().forEach(attempt -> attempt.request(numMessages));
  }

  private List<UnaryAttempt<Q, R>> running() {
    synchronized (lock) {
      return running;
    }
  }

  @Override
  public final void halfClose() {
    synchronized (lock) {
      if (state != State.OPEN) {
        return; // cancelled before it was complete
      }
      state = State.BEGUN;
    }
    stack.begin(this);
  }

  @Override
  public void beginAttempts(AttemptTracer first) {
    send(Kind.FIRST, first);
  }

  @Override
  public final void refused(Runnable tell) {
    synchronized (lock) {
      state = State.OVER;
      over = true;
    }
    end(tell, detached);
  }

  private void end(Runnable tell, boolean elsewhere) {
    if (elsewhere) {
      onCallExecutor(tell);
    } else {
      tell.run();
    }
  }

  /** Sends the next hedge, if it is still wanted: its time has come. */
  @Override
  public final void run() {
    synchronized (lock) {
      if (state == State.OVER
          || counter.stopped()
          || counter.sent() >= strategy.maxAttempts()
          || !counter.pay()) {
        return;
      }
    }
    send(Kind.HEDGE, null);
  }

  /** Sends the next attempt, unless the call is over: the first one, or one after the latest. */
  private void send(Kind kind, @Nullable AttemptTracer first) {
    UnaryAttempt<Q, R> attempt;
    int before;
    Context outside = context.attach();
    try {
      synchronized (lock) {
        if (state == State.OVER) {
          return;
        }
        state = State.BEGUN;
        AttemptTracer tracer =
            first != null
                ? first
                : stack.attempts.after(
                    Objects.requireNonNull(latest, "not begun"), kind, environment.now());
        attempt = launch(tracer);
        before = counter.send(kind);
        if (kind != Kind.RESEND) {
          scheduleHedge(strategy.hedgingDelayNanos());
        }
      }
      complete(attempt, attemptOptions, before);
    } finally {
      context.detach(outside);
    }
  }

  /** Counts an attempt as under way; {@link #complete} sends it, without the lock. */
  @GuardedBy("lock")
  final UnaryAttempt<Q, R> launch(AttemptTracer tracer) {
    latest = tracer;
    UnaryAttempt<Q, R> attempt = new UnaryAttempt<>(this, tracer);
    running =
        running.isEmpty()
            ? List.of(attempt)
            : ImmutableList.<UnaryAttempt<Q, R>>builderWithExpectedSize(running.size() + 1)
                .addAll(running)
                .add(attempt)
                .build();
    return attempt;
  }

  /** Sends an attempt that was counted, and cancels it if the call ended meanwhile. */
  final void complete(UnaryAttempt<Q, R> attempt, CallOptions base, int previousAttempts) {
    send(attempt, base, previousAttempts);
    Status asked = cancelled;
    if (asked != null) {
      attempt.cancel(asked.getDescription(), asked.getCause());
    } else if (over && attempt.tracer.result() == null) {
      attempt.cancel("another attempt answered", null);
    }
  }

  /** Sets the timer of the next hedge, if one more is allowed. */
  @GuardedBy("lock")
  private void scheduleHedge(long nanos) {
    stopHedgeTimer();
    if (!counter.stopped() && counter.sent() < strategy.maxAttempts()) {
      hedgeTimer = environment.scheduler().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }
  }

  @GuardedBy("lock")
  private void stopHedgeTimer() {
    if (hedgeTimer != null) {
      hedgeTimer.cancel(false);
    }
  }

  @Override
  public void ended(UnaryAttempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    if (result.status().isOk()) {
      finish(attempt, result.status(), trailers, "");
      return;
    }
    Step step;
    BackoffTimer backoff = null;
    synchronized (lock) {
      int stillRunning = remove(attempt);
      if (state == State.OVER) {
        return; // an attempt that lost
      }
      lastFailure = new Failure<>(attempt, result, trailers);
      boolean callerLeft = cancelled != null || context.isCancelled();
      step = counter.decide(strategy, result, stillRunning, callerLeft, leftNanos());
      if (step instanceof Backoff) {
        state = State.BACKOFF;
        stopHedgeTimer();
        backoff = new BackoffTimer(environment, context, this);
        backoffTimer = backoff;
      } else if (step instanceof Delay delay) {
        scheduleHedge(delay.nanos());
      }
    }
    if (step instanceof Finish finish) {
      finish(attempt, result.status(), trailers, finish.reason());
    } else if (step instanceof Send next) {
      send(next.kind(), null);
    } else if (step instanceof Backoff wait && backoff != null) {
      begin(backoff, wait.nanos());
    }
  }

  /** Starts a backoff outside of the lock, as its end may come at once. */
  private void begin(BackoffTimer backoff, long nanos) {
    backoff.begin(nanos);
    Status asked = cancelled;
    if (asked != null) {
      backoff.abort(asked);
    }
  }

  @Override
  public final void onElapsed() {
    send(strategy.maxAttempts() > 1 ? Kind.HEDGE : Kind.RETRY, null);
  }

  @Override
  public final void onAborted(Status why) {
    Failure<Q, R> last;
    synchronized (lock) {
      last = lastFailure;
    }
    finish(
        last == null ? null : last.attempt(), why, new Metadata(), "it ended during backoff", true);
  }

  @Override
  public final void cancel(@Nullable String message, @Nullable Throwable cause) {
    Status asked = Cancellations.cancellation(message, cause);
    BackoffTimer waiting;
    boolean unbegun;
    synchronized (lock) {
      if (state == State.OVER || cancelled != null) {
        return;
      }
      cancelled = asked;
      counter.stop();
      waiting = backoffTimer;
      unbegun = state == State.OPEN;
      state = unbegun ? State.BEGUN : state;
    }
    if (unbegun) {
      finish(null, asked, new Metadata(), "it was cancelled before it began", true);
      return;
    }
    if (waiting != null) {
      waiting.abort(asked);
    }
    running().forEach(attempt -> attempt.cancel(message, cause));
  }

  final boolean isCancelled() {
    return cancelled != null;
  }

  final boolean isOver() {
    return over;
  }

  final void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    finish(attempt, status, trailers, ending, detached);
  }

  /** Ends the call, unless that is done; the attempts that still run have lost. */
  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt,
      Status status,
      Metadata trailers,
      String ending,
      boolean elsewhere) {
    List<UnaryAttempt<Q, R>> losers;
    AttemptTracer all;
    boolean byCaller;
    synchronized (lock) {
      if (attempt != null) {
        remove(attempt);
      }
      if (state == State.OVER) {
        return;
      }
      state = State.OVER;
      over = true;
      byCaller = cancelled != null;
      stopHedgeTimer();
      losers = running;
      all = latest;
    }
    for (UnaryAttempt<Q, R> loser : losers) {
      if (attempt != null && attempt.tracer.number > loser.tracer.number) {
        loser.tracer.supersede();
      }
      loser.cancel("another attempt answered", null);
    }
    end(() -> conclude(attempt, all, status, trailers, ending, byCaller), elsewhere);
  }

  /** Removes an attempt that has ended, and returns how many still run. */
  @GuardedBy("lock")
  final int remove(UnaryAttempt<Q, R> attempt) {
    if (running.contains(attempt)) {
      running =
          running.size() == 1 ? List.of() : running.stream().filter(one -> one != attempt).toList();
    }
    return running.size();
  }

  @GuardedBy("lock")
  final @Nullable AttemptTracer latest() {
    return latest;
  }

  @Override
  public final boolean isReady() {
    synchronized (lock) {
      return state == State.OPEN;
    }
  }
}
