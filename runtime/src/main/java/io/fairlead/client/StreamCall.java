package io.fairlead.client;

import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A streaming call. Until the server has answered anything, requests are kept so that the stream
 * can be begun again elsewhere; from then on, or when too many are kept, messages pass straight
 * through.
 *
 * <p>A method with one request begins when that is complete, as a unary call does: its hash key is
 * known then, and a cancellation comes before the request has left or after, never in between,
 * where grpc-java would not free its message.
 */
final class StreamCall<Q, R> extends ClientCall<Q, R> implements Pause.Owner {
  private final ClientStack stack;
  private final MethodPlan plan;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Context context = Context.current();
  private final long startedNanos;
  private final IdleTimer idle;
  private final boolean oneRequest;

  /** Set once for all, when the stream can no longer be begun again. */
  private volatile @Nullable ClientCall<Q, R> committed;

  // Guarded by this. Nothing of a caller's is called under it, but for what grpc-java calls while
  // an attempt is being started.
  private final Requests<Q> requests;
  private final Repeats repeats;
  private @Nullable StreamAttempt current;
  private @Nullable AttemptTrace waiting;
  private @Nullable Pause pause;
  private @Nullable Listener<R> listener;
  private @Nullable Metadata headers;
  private boolean opened;
  private boolean over;

  private volatile boolean admitted;
  private volatile @Nullable Status cancelled;

  StreamCall(
      ClientStack stack,
      MethodPlan plan,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    this.stack = stack;
    this.plan = plan;
    this.method = plan.kept(method);
    this.options = options;
    this.startedNanos = startedNanos;
    this.idle = new IdleTimer(plan, stack, this::end);
    this.oneRequest = method.getType().clientSendsOneMessage();
    this.requests = new Requests<>(oneRequest);
    this.repeats = new Repeats(stack, plan);
  }

  @Override
  public void start(Listener<R> responseListener, Metadata requestHeaders) {
    synchronized (this) {
      if (listener != null) {
        throw new IllegalStateException(method.getFullMethodName() + ": start() was called twice");
      }
      listener = responseListener;
      headers = requestHeaders;
    }
    if (!oneRequest || cancelled != null) {
      open();
    }
  }

  /** Begins the first attempt, if the call may be made. */
  private void open() {
    LoadBalancingContext pick;
    synchronized (this) {
      if (opened) {
        return;
      }
      opened = true;
      pick = stack.firstPick(plan, options, requests.first());
    }
    Status asked = cancelled;
    Status refusal = asked != null ? asked : stack.refusal(plan, startedNanos);
    if (refusal != null) {
      refuse(refusal);
      return;
    }
    admitted = true;
    idle.start();
    beginInItsContext(new AttemptTrace(pick, stack.nanoTime(), startedNanos));
  }

  private void refuse(Status status) {
    synchronized (this) {
      over = true;
    }
    Endings.on(options, () -> conclude(null, status, new Metadata(), ""));
  }

  private synchronized void begin(AttemptTrace trace) {
    Metadata sent = Repeats.headers(headers, repeats.count());
    CallOptions own = options.withOption(LoadBalancingContext.KEY, trace.pick);
    StreamAttempt attempt = new StreamAttempt(trace, stack.transport().newCall(method, own));
    current = attempt;
    attempt.call.start(attempt, sent);
    Status asked = cancelled;
    if (asked != null) {
      attempt.call.cancel(asked.getDescription(), asked.getCause());
    } else if (current == attempt) {
      requests.sendTo(attempt.call);
      if (requests.areTooMany()) {
        commit(attempt);
      }
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
      requests.want(numMessages);
      if (current != null) {
        current.call.request(numMessages);
      }
    }
  }

  @Override
  public void sendMessage(Q given) {
    idle.touch();
    Q message = MethodPlan.kept(method, given, options);
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
      if (over) {
        return;
      }
      requests.add(message);
      if (current != null) {
        current.call.sendMessage(message);
        if (requests.areTooMany()) {
          commit(current);
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
      requests.halfClose();
      if (current != null) {
        current.call.halfClose();
      }
    }
    if (oneRequest) {
      open();
    }
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      return straight.isReady();
    }
    synchronized (this) {
      return current == null ? oneRequest && !opened : current.call.isReady();
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
      requests.compress(enabled);
      if (current != null) {
        current.call.setMessageCompression(enabled);
      }
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    end(Endings.cancellation(message, cause));
  }

  /** Ends the call from this side. */
  private void end(Status asked) {
    ClientCall<Q, R> running;
    Pause paused;
    boolean waits;
    synchronized (this) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      running = current == null ? null : current.call;
      paused = pause;
      waits = listener != null && !opened;
    }
    if (waits) {
      open(); // which refuses it now
    }
    if (running != null) {
      running.cancel(asked.getDescription(), asked.getCause());
    }
    if (paused != null) {
      paused.cut(asked);
    }
  }

  private void commit(StreamAttempt attempt) {
    if (committed != null) {
      return; // as for all messages but the first
    }
    synchronized (this) {
      if (committed == null) {
        committed = attempt.call;
        requests.forget();
      }
    }
  }

  private void ended(StreamAttempt attempt, Status status, Metadata trailers) {
    long now = stack.nanoTime().getAsLong();
    AttemptTrace trace = attempt.trace;
    trace.end(status, false, now);
    stack.attemptEnded(plan, trace, now);
    Kind again = null;
    Pause begun = null;
    Repeats.Next next = new Repeats.Next(0, "");
    synchronized (this) {
      current = null;
      if (committed != null) {
        next = new Repeats.Next(0, "the stream had begun");
      } else if (!status.isOk() && cancelled == null && !context.isCancelled()) {
        long left = Deadlines.leftNanos(options, context);
        if (repeats.resends(trace, left)) {
          again = Kind.RESEND;
        } else {
          next = repeats.decide(trace, trailers, left);
          again = next.isAttempt() ? Kind.RETRY : null;
        }
      }
      over = again == null;
      if (again != null) {
        waiting = new AttemptTrace(trace.pick.next(), trace, again, stack.nanoTime(), now);
      }
      if (again == Kind.RETRY) {
        begun = new Pause(stack, context, this);
        pause = begun;
      }
    }
    if (begun != null) {
      begun.begin(next.pauseNanos());
    } else if (again != null) {
      goOn(now);
    } else {
      Status asked = cancelled;
      // A stream that this side ended says why, rather than that it was cancelled.
      Status told = asked != null && status.getCode() == Status.Code.CANCELLED ? asked : status;
      conclude(trace, told, trailers, next.ending());
    }
  }

  @Override
  public void resume() {
    goOn(stack.nanoTime().getAsLong());
  }

  private void goOn(long nowNanos) {
    AttemptTrace next;
    synchronized (this) {
      next = waiting;
      waiting = null;
      pause = null;
    }
    if (next != null) {
      beginInItsContext(next.restarted(nowNanos));
    }
  }

  /** Of the code that made the call, whichever thread begins this attempt. */
  private void beginInItsContext(AttemptTrace trace) {
    Context before = context.attach();
    try {
      begin(trace);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void cut(Status why) {
    AttemptTrace last;
    synchronized (this) {
      last = waiting == null ? null : waiting.previous;
      waiting = null;
      over = true;
    }
    Endings.on(options, () -> conclude(last, why, new Metadata(), "it ended while it paused"));
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
      return Objects.requireNonNull(listener, "not started");
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
      ended(this, LostConnection.named(status), trailers);
    }
  }
}
