package io.fairlead.client;

import io.fairlead.balance.Attempt;
import io.fairlead.observe.AttemptOutcome.Departure;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.RetryVerdict;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A streaming call. Until the server has answered anything, requests are kept so that the stream
 * can be begun again elsewhere; from then on, or when too many are kept, messages pass straight
 * through.
 */
final class StreamCall<Q, R> extends ClientCall<Q, R> implements ClientStack.Pausing {
  /** Requests kept at most: a bound on memory; a stream that sends more is not begun again. */
  static final int MAX_KEPT = 64;

  private final ClientStack stack;
  private final MethodPlan plan;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Context context = Context.current();
  private final long startedNanos;
  private final IdleTimer idle;

  /** Set once for all, when the stream can no longer be begun again. */
  private volatile @Nullable ClientCall<Q, R> committed;

  // Guarded by this, and of use only until the stream is committed.
  private final List<Q> kept = new ArrayList<>(1);
  private @Nullable StreamAttempt current;
  private @Nullable AttemptTrace waiting;
  private @Nullable Future<?> timer;
  private boolean halfClosed;
  private int requested;
  private int repeats;
  private int resends;
  private boolean over;
  private volatile boolean admitted;

  private volatile @Nullable Status cancelled;
  private @Nullable Listener<R> listener;
  private @Nullable Metadata headers;

  StreamCall(
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
    this.idle = new IdleTimer(plan, stack, this::ranIdle);
  }

  @Override
  public void start(Listener<R> responseListener, Metadata requestHeaders) {
    listener = responseListener;
    headers = requestHeaders;
    Status asked = cancelled;
    Status status = asked != null ? asked : stack.refusal(plan, startedNanos);
    admitted = status == null;
    if (status != null) {
      synchronized (this) {
        over = true;
      }
      onItsExecutor(() -> conclude(null, status, new Metadata(), ""));
      return;
    }
    idle.start();
    Attempt pick = stack.firstPick(plan, options);
    Object key = stack.hashKey(options);
    begin(new AttemptTrace(key == null ? pick : pick.withKey(key), stack.nanoTime(), startedNanos));
  }

  private synchronized void begin(AttemptTrace trace) {
    CallOptions own = options.withOption(Attempt.KEY, trace.pick);
    Metadata sent = new Metadata();
    if (headers != null) {
      sent.merge(headers);
    }
    if (repeats > 0) {
      sent.put(ClientStack.PREVIOUS_ATTEMPTS, Integer.toString(repeats));
    }
    StreamAttempt attempt = new StreamAttempt(trace, stack.transport().newCall(method, own));
    current = attempt;
    waiting = null;
    attempt.call.start(attempt, sent);
    if (requested > 0) {
      attempt.call.request(requested);
    }
    kept.forEach(attempt.call::sendMessage);
    if (halfClosed) {
      attempt.call.halfClose();
    }
    if (kept.size() > MAX_KEPT) {
      commit(attempt);
    }
    Status asked = cancelled;
    if (asked != null) {
      attempt.call.cancel(asked.getDescription(), asked.getCause());
    }
  }

  @Override
  public void request(int numMessages) {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      straight.request(numMessages);
      return;
    }
    synchronized (this) {
      requested += numMessages;
      if (current != null && waiting == null) {
        current.call.request(numMessages);
      }
    }
  }

  @Override
  public void sendMessage(Q message) {
    idle.touch();
    Status tooLarge = MessageLimit.check(message, options);
    if (tooLarge != null) {
      end(tooLarge);
      return;
    }
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      straight.sendMessage(message);
      return;
    }
    synchronized (this) {
      kept.add(message);
      StreamAttempt attempt = current;
      if (attempt != null && waiting == null) {
        attempt.call.sendMessage(message);
        if (kept.size() > MAX_KEPT) {
          commit(attempt);
        }
      }
    }
  }

  @Override
  public void halfClose() {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      straight.halfClose();
      return;
    }
    synchronized (this) {
      halfClosed = true;
      if (current != null && waiting == null) {
        current.call.halfClose();
      }
    }
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      return straight.isReady();
    }
    synchronized (this) {
      return current != null && waiting == null && current.call.isReady();
    }
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      straight.setMessageCompression(enabled);
      return;
    }
    synchronized (this) {
      if (current != null && waiting == null) {
        current.call.setMessageCompression(enabled);
        // What has been sent in which way is not kept, so it could not be sent again alike.
        commit(current);
      }
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    Status asked =
        Status.CANCELLED
            .withDescription(message == null ? "the caller cancelled" : message)
            .withCause(cause);
    end(asked);
  }

  private void ranIdle(Status silence) {
    end(silence);
  }

  private void end(Status asked) {
    ClientCall<Q, R> running = committed;
    synchronized (this) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      if (waiting != null) {
        endPause(asked);
        return;
      }
      if (running == null && current != null) {
        running = current.call;
      }
    }
    if (running != null) {
      running.cancel(asked.getDescription(), asked.getCause());
    }
  }

  @Override
  public void channelClosed() {
    synchronized (this) {
      if (waiting != null) {
        endPause(Status.UNAVAILABLE.withDescription("the channel was closed"));
      }
    }
  }

  private synchronized void endPause(Status status) {
    AttemptTrace last = current == null ? null : current.trace;
    waiting = null;
    over = true;
    if (timer != null) {
      timer.cancel(false);
    }
    stack.noLongerWaiting(this);
    onItsExecutor(() -> conclude(last, status, new Metadata(), "it ended while it paused"));
  }

  private void afterPause() {
    AttemptTrace next;
    synchronized (this) {
      next = waiting;
      if (next == null) {
        return;
      }
      stack.noLongerWaiting(this);
    }
    inItsContext(next.restarted(stack.nanoTime().getAsLong()));
  }

  private void inItsContext(AttemptTrace next) {
    Context before = context.attach();
    try {
      begin(next);
    } finally {
      context.detach(before);
    }
  }

  private synchronized void commit(StreamAttempt attempt) {
    if (committed == null) {
      committed = attempt.call;
      kept.clear();
    }
  }

  private void ended(StreamAttempt attempt, Status status, Metadata trailers) {
    long now = stack.nanoTime().getAsLong();
    AttemptTrace trace = attempt.trace;
    trace.end(status, false, now);
    stack.attemptEnded(plan, trace, now);
    AttemptTrace next = null;
    String ending = "";
    synchronized (this) {
      if (!status.isOk() && committed == null && cancelled == null && !context.isCancelled()) {
        if (stack.mayResend(trace, resends)) {
          resends++;
          next = next(trace, Kind.RESEND, now);
        } else {
          ending = decide(trace, trailers, now);
          if (waiting != null) {
            return;
          }
        }
      } else if (committed != null) {
        ending = "the stream had begun";
      }
      over = next == null;
    }
    if (next != null) {
      inItsContext(next);
      return;
    }
    Status asked = cancelled;
    // A stream that this side ended says why, rather than that it was cancelled.
    Status told = asked != null && status.getCode() == Status.Code.CANCELLED ? asked : status;
    conclude(trace, told, trailers, ending);
  }

  /** Begins a pause, or says why there is no further attempt. */
  private synchronized String decide(AttemptTrace trace, Metadata trailers, long nowNanos) {
    if (plan.retry == null || stack.closing()) {
      return Endings.of(plan, stack.closing());
    }
    RetryVerdict verdict =
        plan.retry.decide(
            new FailedAttempt(
                repeats + 1,
                trace.code(),
                false,
                trace.departure() == Departure.SENT,
                Endings.pushback(trailers),
                Deadlines.leftNanos(options, context)),
            plan.repeatable,
            stack.budget(),
            stack.random());
    if (verdict instanceof RetryVerdict.Stop stop) {
      return stop.reason().toString();
    }
    repeats++;
    waiting = next(trace, Kind.RETRY, nowNanos);
    stack.waiting(this);
    timer =
        stack
            .scheduler()
            .schedule(
                this::afterPause,
                ((RetryVerdict.Again) verdict).pauseNanos(),
                TimeUnit.NANOSECONDS);
    return "";
  }

  private AttemptTrace next(AttemptTrace failed, Kind kind, long nowNanos) {
    return new AttemptTrace(failed.pick.next(), failed, kind, stack.nanoTime(), nowNanos);
  }

  private void conclude(
      @Nullable AttemptTrace last, Status status, Metadata trailers, String ending) {
    idle.stop();
    // A breaker hears nothing of a call that it did not let through, or that this side ended.
    if (admitted && cancelled == null && status.getCode() != Status.Code.CANCELLED) {
      stack.callEnded(plan, startedNanos, status);
    }
    Status told = stack.reports().ended(plan, startedNanos, last, last, status, trailers, ending);
    if (listener != null) {
      listener.onClose(told, trailers);
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

  @Override
  public String toString() {
    return "StreamCall[" + method.getFullMethodName() + " on " + stack + "]";
  }

  private final class StreamAttempt extends Listener<R> {
    final AttemptTrace trace;
    final ClientCall<Q, R> call;

    StreamAttempt(AttemptTrace trace, ClientCall<Q, R> call) {
      this.trace = trace;
      this.call = call;
    }

    private Listener<R> caller() {
      return java.util.Objects.requireNonNull(listener, "not started");
    }

    @Override
    public void onHeaders(Metadata received) {
      commit(this);
      idle.touch();
      caller().onHeaders(received);
    }

    @Override
    public void onMessage(R message) {
      commit(this);
      idle.touch();
      caller().onMessage(message);
    }

    @Override
    public void onReady() {
      caller().onReady();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended(this, status, trailers);
    }
  }
}
