package io.fairlead.client;

import io.fairlead.balance.Attempt;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome.Departure;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RetryVerdict;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A unary call and its attempts, one after the other.
 *
 * <p>Nothing is sent before the request is complete, so each attempt is started by one thread, and
 * the next one only when it has ended. What remains to race is a cancellation, which the state
 * decides: no locks.
 */
final class UnaryCall<Q, R> extends ClientCall<Q, R>
    implements UnaryAttempt.Owner<Q, R>, Runnable, Context.CancellationListener {
  private static final int OPEN = 0;
  private static final int RUNNING = 1;
  private static final int WAITING = 2;
  private static final int DONE = 3;

  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<UnaryCall> STATE =
      AtomicIntegerFieldUpdater.newUpdater(UnaryCall.class, "state");

  @SuppressWarnings("rawtypes") // as above
  private static final AtomicIntegerFieldUpdater<UnaryCall> REQUESTED =
      AtomicIntegerFieldUpdater.newUpdater(UnaryCall.class, "requested");

  private final ClientStack stack;
  private final MethodPlan plan;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Context context = Context.current();
  private final long startedNanos;

  private volatile int state;
  private volatile @Nullable Status cancelled;
  private volatile @Nullable UnaryAttempt<Q, R> current;
  private volatile @Nullable Future<?> pause;
  private volatile int requested;
  private @Nullable Listener<R> listener;
  private @Nullable Metadata headers;
  private @Nullable Q request;
  private int repeats;
  private int resends;

  UnaryCall(
      ClientStack stack,
      MethodPlan plan,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    this.stack = stack;
    this.plan = plan;
    this.method = method;
    this.options = options;
    this.startedNanos = startedNanos;
  }

  @Override
  public void start(Listener<R> responseListener, Metadata requestHeaders) {
    if (listener != null) {
      throw new IllegalStateException(method.getFullMethodName() + ": start() was called twice");
    }
    listener = responseListener;
    headers = requestHeaders;
  }

  @Override
  public void request(int numMessages) {
    // Counted before it is passed on: an attempt that starts meanwhile may be asked for too many
    // messages, which does no harm, but never for too few.
    REQUESTED.addAndGet(this, numMessages);
    UnaryAttempt<Q, R> attempt = current;
    if (attempt != null) {
      attempt.call.request(numMessages);
    }
  }

  @Override
  public void sendMessage(Q message) {
    if (request != null) {
      throw new IllegalStateException(
          method.getFullMethodName() + " is unary: a second message cannot be sent");
    }
    request = message;
  }

  @Override
  public void halfClose() {
    if (!STATE.compareAndSet(this, OPEN, RUNNING)) {
      return; // cancelled before it was complete
    }
    String refusal = stack.refusal(plan, startedNanos);
    if (refusal != null) {
      finish(null, Status.UNAVAILABLE.withDescription(refusal), new Metadata(), "");
      return;
    }
    Attempt pick = Attempt.first(plan.balancer, stack.gate());
    setKey(pick);
    attempt(new AttemptTrace(pick, null, stack.nanoTime(), startedNanos));
  }

  @SuppressWarnings("unchecked") // the contract of this very method, so of its request
  private void setKey(Attempt pick) {
    Object key = stack.hashKey(options);
    if (key == null && plan.contract != null && request != null && plan.contract.hasHashKey()) {
      key = ((MethodContract<Q, R>) plan.contract).hashKey(request);
    }
    if (key != null) {
      pick.withKey(key);
    }
  }

  private void attempt(AttemptTrace trace) {
    CallOptions own =
        options.withOption(Attempt.KEY, trace.pick).withOption(TraceFactory.KEY, trace);
    if (plan.perAttemptNanos > 0) {
      own = Deadlines.atMost(own, plan.perAttemptNanos);
    }
    Metadata sent = new Metadata();
    if (headers != null) {
      sent.merge(headers);
    }
    if (repeats > 0) {
      sent.put(ClientStack.PREVIOUS_ATTEMPTS, Integer.toString(repeats));
    }
    UnaryAttempt<Q, R> attempt =
        new UnaryAttempt<>(this, trace, stack.transport().newCall(method, own));
    current = attempt;
    attempt.send(sent, request, requested);
    Status asked = cancelled;
    if (asked != null) {
      attempt.call.cancel(asked.getDescription(), asked.getCause());
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
    stack.attemptEnded(trace, now);
    if (status.isOk()) {
      finish(attempt, status, trailers, "");
    } else if (cancelled != null || context.isCancelled()) {
      finish(attempt, status, trailers, "the caller cancelled it");
    } else if (mayResend(trace)) {
      resends++;
      attempt(next(trace, now));
    } else {
      decide(attempt, status, trailers, now);
    }
  }

  /** A connection that went away took the request with it unseen: as if it had not been tried. */
  private boolean mayResend(AttemptTrace trace) {
    Departure departure = trace.departure();
    return (departure == Departure.NEVER_LEFT || departure == Departure.REFUSED)
        && trace.status().getCode() == Status.Code.UNAVAILABLE
        && resends < ClientStack.MAX_RESENDS
        && !stack.closing()
        && leftNanos() > 0;
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
      await(next(trace, nowNanos), again.pauseNanos());
    } else if (verdict instanceof RetryVerdict.Stop stop) {
      finish(attempt, status, trailers, stop.reason().toString());
    }
  }

  private AttemptTrace next(AttemptTrace failed, long nowNanos) {
    return new AttemptTrace(failed.pick.next(), failed, stack.nanoTime(), nowNanos);
  }

  private @Nullable AttemptTrace waiting;

  private void await(AttemptTrace next, long pauseNanos) {
    waiting = next;
    context.addListener(this, Runnable::run);
    stack.waiting(this);
    state = WAITING;
    pause = stack.scheduler().schedule(this, pauseNanos, TimeUnit.NANOSECONDS);
    if (cancelled != null) {
      endPause(Status.CANCELLED);
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
    // The attempt belongs to the context of the call, not to that of the timer's thread.
    Context before = context.attach();
    try {
      attempt(next.restarted(stack.nanoTime().getAsLong()));
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
        cause instanceof java.util.concurrent.TimeoutException
            ? Status.DEADLINE_EXCEEDED.withDescription("the deadline of the inbound call passed")
            : Status.CANCELLED.withDescription("the inbound call was cancelled");
    endPause(status.withCause(cause));
  }

  /** The channel closes: a call that pauses has no attempt that grpc-java could end. */
  void channelClosed() {
    endPause(Status.UNAVAILABLE.withDescription("the channel was closed"));
  }

  private void endPause(Status status) {
    if (STATE.compareAndSet(this, WAITING, RUNNING)) {
      Future<?> timer = pause;
      if (timer != null) {
        timer.cancel(false);
      }
      leavePause();
      onItsExecutor(() -> finish(current, status, new Metadata(), "it ended while it paused"));
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
      attempt.call.cancel(message, cause);
    }
  }

  private void onItsExecutor(Runnable task) {
    Executor executor = options.getExecutor();
    if (executor == null) {
      task.run();
    } else {
      executor.execute(task);
    }
  }

  private long leftNanos() {
    return Deadlines.leftNanos(options, context);
  }

  private void finish(
      @Nullable UnaryAttempt<Q, R> attempt, Status status, Metadata trailers, String ending) {
    state = DONE;
    Listener<R> to = listener;
    stack.callEnded(plan, startedNanos, Code.of(status.getCode().value()), cancelled != null);
    if (to == null) {
      return; // cancelled before start(), so nobody listens
    }
    Status told = status;
    if (!status.isOk() || stack.observed()) {
      told =
          stack.explain(
              plan,
              options,
              startedNanos,
              attempt == null ? null : attempt.trace,
              status,
              trailers,
              ending);
    }
    if (attempt == null) {
      to.onClose(told, trailers);
    } else {
      attempt.deliver(to, told, trailers);
    }
  }

  @Override
  public boolean isReady() {
    return state == OPEN;
  }

  @Override
  public String toString() {
    return "UnaryCall[" + method.getFullMethodName() + " on " + stack + "]";
  }
}
