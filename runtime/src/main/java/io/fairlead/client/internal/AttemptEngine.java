package io.fairlead.client.internal;

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
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A call and its attempts: which are under way, how they are cancelled, and that the call ends
 * once. What follows a failed one is the decision of a {@link AttemptStrategy}; this class carries
 * it out. A subclass takes what the caller sends, and makes the attempts that send it.
 *
 * <table>
 *   <caption>States</caption>
 *   <tr><th>state</th><th>meaning</th><th>left by</th></tr>
 *   <tr><td>open</td><td>the first attempt needs the request, which is not complete</td>
 *       <td>half-close or start: begun; cancellation: over</td></tr>
 *   <tr><td>begun</td><td>attempts are under way, or one is about to be</td>
 *       <td>the end of an attempt: begun, backoff or over; a refusal: over</td></tr>
 *   <tr><td>backoff</td><td>nothing is under way; {@link BackoffTimer} runs</td>
 *       <td>its time is over: begun; cancellation, or the end of the channel: over</td></tr>
 *   <tr><td>over</td><td>the end is decided; attempts that still run have lost</td><td></td></tr>
 * </table>
 *
 * <p>The caller's methods come from one thread, as grpc-java demands; only {@link #cancel} may come
 * from another. Attempts end on other threads. What both touch is written before the first attempt
 * starts, is volatile, or is guarded by the monitor of the call. No code of the application runs
 * under it, and nothing is sent. Who decides on another attempt launches it in the same section, so
 * that each decision sees all those before it, and sends it after that section.
 */
abstract class AttemptEngine<Q, R> extends ClientCall<Q, R>
    implements LayeredCall, BackoffTimer.Listener {
  final ClientStack stack;
  final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final @Nullable Deadline deadline;
  private final Context context = Context.current();
  private final long startedNanos;

  /**
   * Null until the call is started. Volatile, so that a start and a cancellation that meet cannot
   * both miss the other.
   */
  private volatile @Nullable Listener<R> listener;

  private @Nullable Metadata headers;

  /** The attempt that ended the call; null for a failure that no attempt brought. */
  private @Nullable Attempt<Q, R> answer;

  /** Whether the layers were asked, or the call was cancelled before they were. */
  @GuardedBy("this")
  private boolean begun;

  // The next three are written under the monitor, and also read without it.

  /** The attempt that was launched last, from which the others can be reached. */
  private volatile @Nullable Attempt<Q, R> latest;

  private volatile @Nullable Status cancelled;
  private volatile boolean over;

  /** The timer of the next hedge; null if none is wanted by time. */
  @GuardedBy("this")
  @Nullable HedgeTimer hedgeTimer;

  @GuardedBy("this")
  private @Nullable BackoffTimer backoffTimer;

  /** Null as long as the first attempt is enough. */
  @GuardedBy("this")
  private @Nullable AttemptCounter counter;

  AttemptEngine(
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

  /** Makes an attempt that sends what the caller has sent. */
  abstract Attempt<Q, R> attempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous);

  private AttemptStrategy strategy() {
    return stack.attempts.strategy;
  }

  /**
   * Returns whether attempts end on no executor of the caller: one that loses may answer after the
   * caller has gone with the executor, and its answer, never run, would not be freed. Then the end
   * is handed to the caller's executor at the last.
   */
  private boolean isDetached() {
    return strategy().hedges();
  }

  @Override
  public final void start(Listener<R> responseListener, Metadata requestHeaders) {
    if (listener != null) {
      throw new IllegalStateException(method.getFullMethodName() + ": start() was called twice");
    }
    headers = requestHeaders;
    listener = responseListener;
    Status asked = cancelled;
    if (asked != null) {
      endUnbegun(asked);
    } else if (!method.getType().clientSendsOneMessage() && begins()) {
      stack.outermost.begin(this);
    }
  }

  /** Returns true once: to who begins the call, or ends it before it has begun. */
  final synchronized boolean begins() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  final synchronized boolean isBegun() {
    return begun;
  }

  @Override
  public void beginAttempts(AttemptTracer first) {
    Attempt<Q, R> attempt;
    synchronized (this) {
      if (over) {
        return;
      }
      attempt = launch(first);
      scheduleHedge(strategy().hedgingDelayNanos());
    }
    complete(attempt);
  }

  @Override
  public void refused(Runnable tell) {
    synchronized (this) {
      over = true;
    }
    if (isDetached()) {
      onCallExecutor(tell);
    } else {
      tell.run();
    }
  }

  /** Sends the next hedge, if it is still wanted: its time has come. */
  private void hedge(HedgeTimer timer) {
    Attempt<Q, R> attempt;
    synchronized (this) {
      // A timer that has begun to run cannot be cancelled: another may have taken its place.
      if (over || hedgeTimer != timer || !mayHedge() || !counter().pay()) {
        return;
      }
      attempt = launchNext(Kind.HEDGE);
    }
    complete(attempt);
  }

  /** Launches the attempt that follows the latest. */
  @GuardedBy("this")
  private Attempt<Q, R> launchNext(Kind kind) {
    Attempt<Q, R> last = Objects.requireNonNull(latest, "not begun");
    Attempt<Q, R> next = launch(stack.attempts.after(last.tracer, kind, stack.environment.now()));
    next.attemptsBefore = counter().send(kind);
    if (kind != Kind.RESEND) {
      scheduleHedge(strategy().hedgingDelayNanos());
    }
    return next;
  }

  /** Counts an attempt as under way; {@link #complete} sends it, without the monitor. */
  @GuardedBy("this")
  final Attempt<Q, R> launch(AttemptTracer tracer) {
    Attempt<Q, R> attempt = attempt(tracer, latest);
    latest = attempt;
    return attempt;
  }

  /**
   * Sends an attempt that was launched, and cancels it if the call ended meanwhile. Without the
   * monitor, as interceptors of the application run in here.
   */
  final void complete(Attempt<Q, R> attempt) {
    Context outside = context.attach();
    try {
      MethodConfig config = stack.config;
      AttemptTracer tracer = attempt.tracer;
      if (config.perAttemptNanos > 0 && config.perAttemptNanos < leftNanos()) {
        tracer.limit(new AttemptLimit(config, stack.environment, attempt));
      }
      CallOptions own = tracer.optionsOf(options, deadline);
      if (isDetached()) {
        own = own.withExecutor(MoreExecutors.directExecutor());
      }
      stack.environment.reporter().attemptStarted(config);
      attempt.send(
          stack.environment.transport().newCall(method, own),
          AttemptCounter.headers(headers, attempt.attemptsBefore));
      Status asked = cancelled;
      if (asked != null) {
        attempt.cancel(asked.getDescription(), asked.getCause());
      } else if (over && tracer.result() == null) {
        attempt.cancel("another attempt answered", null);
      }
    } finally {
      context.detach(outside);
    }
  }

  @GuardedBy("this")
  private AttemptCounter counter() {
    if (counter == null) {
      counter = new AttemptCounter(stack.environment);
    }
    return counter;
  }

  @GuardedBy("this")
  private boolean mayHedge() {
    return strategy().hedges()
        && !counter().stopped()
        && counter().sent() < strategy().maxAttempts();
  }

  /** Sets the timer of the next hedge, if one more is allowed. */
  @GuardedBy("this")
  private void scheduleHedge(long nanos) {
    stopHedgeTimer();
    if (mayHedge()) {
      HedgeTimer timer = new HedgeTimer();
      hedgeTimer = timer;
      timer.future = stack.environment.schedule(timer, nanos);
    }
  }

  @GuardedBy("this")
  private void stopHedgeTimer() {
    HedgeTimer timer = hedgeTimer;
    hedgeTimer = null;
    if (timer != null && timer.future != null) {
      timer.future.cancel(false);
    }
  }

  /**
   * The time until the next hedge. Its identity tells one that was stopped from the one in force.
   */
  final class HedgeTimer implements Runnable {
    /** Written and read under the monitor of the call. */
    private @Nullable Future<?> future;

    @Override
    public void run() {
      hedge(this);
    }
  }

  /** Takes the end of an attempt; called once, on the executor of the attempt's options. */
  void ended(Attempt<Q, R> attempt, AttemptResult result, Metadata trailers) {
    if (result.status().isOk()) {
      finish(attempt, result.status(), trailers, "");
      return;
    }
    Step step;
    Attempt<Q, R> next = null;
    BackoffTimer backoff = null;
    synchronized (this) {
      int stillRunning = runningAfter(attempt);
      if (over) {
        return; // an attempt that lost
      }
      step = decide(result, stillRunning);
      if (step instanceof Send send) {
        next = launchNext(send.kind());
      } else if (step instanceof Backoff) {
        stopHedgeTimer();
        backoff = new BackoffTimer(stack.environment, context, this);
        backoffTimer = backoff;
      } else if (step instanceof Delay delay) {
        scheduleHedge(delay.nanos());
      } else if (step instanceof Finish) {
        markOver();
      }
    }
    if (step instanceof Finish finish) {
      tellEnd(attempt, result.status(), trailers, finish.reason(), isDetached());
    } else if (next != null) {
      complete(next);
    } else if (step instanceof Backoff wait && backoff != null) {
      begin(backoff, wait.nanos());
    }
  }

  /** Decides what follows a failed attempt, and pays for it. */
  synchronized Step decide(AttemptResult failed, int stillRunning) {
    boolean callerLeft = cancelled != null || context.isCancelled();
    return counter().decide(strategy(), failed, stillRunning, callerLeft, leftNanos());
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
    Attempt<Q, R> next;
    synchronized (this) {
      if (over) {
        return;
      }
      next = launchNext(strategy().hedges() ? Kind.HEDGE : Kind.RETRY);
    }
    complete(next);
  }

  /** Ends a backoff before its time, so that the next attempt is sent now; nothing without one. */
  final void endBackoff() {
    BackoffTimer waiting;
    synchronized (this) {
      waiting = backoffTimer;
    }
    if (waiting != null) {
      waiting.run();
    }
  }

  @Override
  public final void onAborted(Status why) {
    finish(latest, why, new Metadata(), "it ended during backoff", true);
  }

  @Override
  public final void cancel(@Nullable String message, @Nullable Throwable cause) {
    end(
        Status.CANCELLED
            .withDescription(message == null ? "the caller cancelled" : message)
            .withCause(cause));
  }

  /** Ends the call from this side. One that nobody listens to yet ends when it is started. */
  void end(Status asked) {
    BackoffTimer waiting;
    synchronized (this) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      counter().stop();
      waiting = backoffTimer;
    }
    if (listener != null) {
      endUnbegun(asked);
    }
    if (waiting != null) {
      waiting.abort(asked);
    }
    for (Attempt<Q, R> each = latest; each != null; each = each.previous) {
      if (each.running) {
        each.cancel(asked.getDescription(), asked.getCause());
      }
    }
  }

  private void endUnbegun(Status asked) {
    if (begins()) {
      finish(null, asked, new Metadata(), "it was cancelled before it began", true);
    }
  }

  final boolean isCancelled() {
    return cancelled != null;
  }

  final boolean isOver() {
    return over;
  }

  final void finish(
      @Nullable Attempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    finish(attempt, status, trailers, ending, isDetached());
  }

  /** Ends the call, unless that is done. */
  private void finish(
      @Nullable Attempt<Q, R> attempt,
      Status status,
      Metadata trailers,
      String ending,
      boolean elsewhere) {
    synchronized (this) {
      if (attempt != null) {
        attempt.running = false;
      }
      if (over) {
        return;
      }
      markOver();
    }
    tellEnd(attempt, status, trailers, ending, elsewhere);
  }

  /** Decides that the call is over: from here on no attempt is launched. */
  @GuardedBy("this")
  private void markOver() {
    over = true;
    stopHedgeTimer();
  }

  /** Cancels the attempts that still run, and sends the end on its way; once, when it is over. */
  private void tellEnd(
      @Nullable Attempt<Q, R> attempt,
      Status status,
      Metadata trailers,
      String ending,
      boolean elsewhere) {
    Attempt<Q, R> last = latest;
    boolean earlier = false; // attempts before the decisive one are overtaken by it
    for (Attempt<Q, R> each = last; each != null; each = each.previous) {
      if (each.running) {
        if (earlier) {
          each.tracer.supersede();
        }
        each.cancel("another attempt answered", null);
      }
      earlier |= each == attempt;
    }
    Status asked = cancelled;
    boolean byCaller =
        asked != null || (status.getCode() == Status.Code.CANCELLED && context.isCancelled());
    // A call that this side ended says why, rather than that it was cancelled.
    Status told = asked != null && status.getCode() == Status.Code.CANCELLED ? asked : status;
    if (elsewhere) {
      onCallExecutor(() -> conclude(attempt, last, told, trailers, ending, byCaller));
    } else {
      conclude(attempt, last, told, trailers, ending, byCaller);
    }
  }

  /** Sends the end up through the layers; called once. */
  private void conclude(
      @Nullable Attempt<Q, R> attempt,
      @Nullable Attempt<Q, R> last,
      Status status,
      Metadata trailers,
      String ending,
      boolean byCaller) {
    answer = attempt;
    AttemptTracer decisive = attempt == null ? null : attempt.tracer;
    AttemptTracer all = last == null ? null : last.tracer;
    stack.ended(this, new CallEnd(decisive, all, status, trailers, ending, false, byCaller));
  }

  /** Notes that an attempt has ended, and returns how many still run. */
  @GuardedBy("this")
  final int runningAfter(Attempt<Q, R> attempt) {
    attempt.running = false;
    int running = 0;
    for (Attempt<Q, R> each = latest; each != null; each = each.previous) {
      running += each.running ? 1 : 0;
    }
    return running;
  }

  final @Nullable Attempt<Q, R> latest() {
    return latest;
  }

  /** Tells the caller where it wants to be told, if no attempt's own executor does. */
  final void onCallExecutor(Runnable task) {
    Runnable end = context.wrap(task);
    Executor executor = options.getExecutor();
    if (executor == null) {
      end.run();
    } else {
      executor.execute(end);
    }
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
  public final Context context() {
    return context;
  }

  @Override
  public final long startedNanos() {
    return startedNanos;
  }

  @Override
  public final @Nullable R response() {
    return answer == null ? null : answer.message();
  }

  /** Returns the attempt that ended the call, or null. */
  final @Nullable Attempt<Q, R> answer() {
    return answer;
  }

  /** Returns the headers of the request, or null before it is started. */
  final @Nullable Metadata headers() {
    return headers;
  }

  final Listener<R> listener() {
    return Objects.requireNonNull(listener, "not started");
  }

  @Override
  public final boolean hasListener() {
    return listener != null;
  }

  @Override
  public void deliver(Status status, Metadata trailers) {
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
