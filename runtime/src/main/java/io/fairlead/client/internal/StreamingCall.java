package io.fairlead.client.internal;

import io.fairlead.client.internal.AttemptStrategy.Backoff;
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
import org.jspecify.annotations.Nullable;

/**
 * A streaming call. Until the server has responded, requests are kept so that the stream can be
 * started again elsewhere. From then on, or when too much is kept, messages pass straight through.
 *
 * <p>A method with one request begins when that is complete, as a unary call does: its hash key is
 * known then, and a cancellation comes before the request has left or after, never in between,
 * where grpc-java would not free its message.
 *
 * <p>Before the commitment the monitor guards everything, as requests may come while an attempt
 * ends. After it, {@link #committed} is read without a lock, and nothing is added to the cost of a
 * message.
 */
final class StreamingCall<Q, R> extends ClientCall<Q, R>
    implements LayeredCall, BackoffTimer.Listener {
  private final ClientStack stack;
  private final CallEnvironment environment;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final @Nullable Deadline deadline;
  private final Context context = Context.current();
  private final long startedNanos;
  private final IdleTimer idle;
  private final boolean oneRequest;

  /** Set once for all, when the stream can no longer be begun again. */
  private volatile @Nullable ClientCall<Q, R> committed;

  // Guarded by this. Nothing of a caller's is called under it, but for what grpc-java calls while
  // an attempt is being started.
  private final ReplayBuffer<Q> requests;
  private final AttemptCounter counter;

  /** Attempts before the present one, for the header that counts them. */
  private int attemptsBefore;

  /** The attempt under way; null before the first, and between two. */
  private @Nullable StreamAttempt current;

  /** The attempt that follows the present backoff. */
  private @Nullable AttemptTracer waiting;

  private @Nullable BackoffTimer timer;
  private @Nullable Listener<R> listener;
  private @Nullable Metadata headers;

  /** Whether the layers were asked; a method with one request is opened at its half-close. */
  private boolean opened;

  /** Whether the end is decided; messages that come later are dropped. */
  private boolean over;

  /** Why this side ended the call; also looked at without the lock, by an attempt that starts. */
  private volatile @Nullable Status cancelled;

  StreamingCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    this.stack = stack;
    this.environment = stack.environment;
    this.method = method;
    this.options = options;
    this.deadline = deadline;
    this.startedNanos = startedNanos;
    this.idle = new IdleTimer(stack.config, environment, this::end);
    this.oneRequest = method.getType().clientSendsOneMessage();
    this.requests = new ReplayBuffer<>(oneRequest);
    this.counter = new AttemptCounter(environment);
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
    synchronized (this) {
      if (opened) {
        return;
      }
      opened = true;
    }
    Status asked = cancelled;
    if (asked == null) {
      stack.outermost.begin(this);
    } else {
      refused(() -> conclude(null, asked, new Metadata(), ""));
    }
  }

  @Override
  public void beginAttempts(AttemptTracer first) {
    idle.start();
    startInCallContext(first);
  }

  @Override
  public void refused(Runnable tell) {
    synchronized (this) {
      over = true;
    }
    Cancellations.on(options, tell);
  }

  private synchronized void startAttempt(AttemptTracer tracer) {
    Metadata sent = AttemptCounter.headers(headers, attemptsBefore);
    CallOptions own = tracer.optionsOf(this);
    environment.reporter().attemptStarted(stack.config);
    StreamAttempt attempt = new StreamAttempt(tracer, environment.transport().newCall(method, own));
    current = attempt;
    attempt.call.start(attempt, sent);
    Status asked = cancelled;
    if (asked != null) {
      attempt.call.cancel(asked.getDescription(), asked.getCause());
    } else if (current == attempt) {
      requests.replayTo(attempt.call);
      if (requests.exceedsLimit()) {
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
      requests.addRequested(numMessages);
      if (current != null) {
        current.call.request(numMessages);
      }
    }
  }

  @Override
  public void sendMessage(Q given) {
    idle.touch();
    Q message = ReplayableRequest.of(method, given, options);
    Status tooLarge = MessageSizeLayer.check(message, options);
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
        if (requests.exceedsLimit()) {
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
      requests.setCompression(enabled);
      if (current != null) {
        current.call.setMessageCompression(enabled);
      }
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    end(Cancellations.cancellation(message, cause));
  }

  /** Ends the call from this side. */
  private void end(Status asked) {
    ClientCall<Q, R> running;
    BackoffTimer waiting;
    boolean waits;
    synchronized (this) {
      if (over || cancelled != null) {
        return;
      }
      cancelled = asked;
      running = current == null ? null : current.call;
      waiting = timer;
      waits = listener != null && !opened;
    }
    if (waits) {
      open(); // which refuses it now
    }
    if (running != null) {
      running.cancel(asked.getDescription(), asked.getCause());
    }
    if (waiting != null) {
      waiting.abort(asked);
    }
  }

  /** Binds the stream to an attempt: requests are no longer kept, and no other attempt follows. */
  private void commit(StreamAttempt attempt) {
    if (committed != null) {
      return; // as for all messages but the first
    }
    synchronized (this) {
      if (committed == null) {
        committed = attempt.call;
        requests.clear();
      }
    }
  }

  /** Decides what follows the end of an attempt, under the lock, and carries it out after it. */
  private void ended(StreamAttempt attempt, AttemptResult result, Metadata trailers) {
    AttemptTracer tracer = attempt.tracer;
    Status status = result.status();
    long now = result.endedNanos();
    Kind again = null;
    BackoffTimer begun = null;
    long backoffNanos = 0;
    String reason = "";
    synchronized (this) {
      current = null;
      if (committed != null) {
        reason = "the stream had begun";
      } else if (!status.isOk() && cancelled == null && !context.isCancelled()) {
        Step step = counter.decide(stack.attempts.strategy, result, 0, false, leftNanos());
        if (step instanceof Finish finish) {
          reason = finish.reason();
        } else if (step instanceof Backoff backoff) {
          again = backoff.kind();
          backoffNanos = backoff.nanos();
        } else if (step instanceof Send next) {
          again = next.kind();
        }
      }
      over = again == null;
      if (again != null) {
        waiting = stack.attempts.after(tracer, again, now);
        attemptsBefore = counter.send(again);
      }
      if (again == Kind.RETRY) {
        begun = new BackoffTimer(environment, context, this);
        timer = begun;
      }
    }
    if (begun != null) {
      begun.begin(backoffNanos);
    } else if (again != null) {
      startNextAttempt(now);
    } else {
      Status asked = cancelled;
      // A stream that this side ended says why, rather than that it was cancelled.
      Status told = asked != null && status.getCode() == Status.Code.CANCELLED ? asked : status;
      conclude(tracer, told, trailers, reason);
    }
  }

  @Override
  public void onElapsed() {
    startNextAttempt(environment.now());
  }

  private void startNextAttempt(long nowNanos) {
    AttemptTracer next;
    synchronized (this) {
      next = waiting;
      waiting = null;
      timer = null;
    }
    if (next != null) {
      startInCallContext(next.startedAt(nowNanos));
    }
  }

  /** Of the code that made the call, whichever thread begins this attempt. */
  private void startInCallContext(AttemptTracer tracer) {
    Context before = context.attach();
    try {
      startAttempt(tracer);
    } finally {
      context.detach(before);
    }
  }

  @Override
  public void onAborted(Status why) {
    AttemptTracer last;
    synchronized (this) {
      last = waiting == null ? null : waiting.previous;
      waiting = null;
      over = true;
    }
    Cancellations.on(options, () -> conclude(last, why, new Metadata(), "it ended during backoff"));
  }

  private void conclude(
      @Nullable AttemptTracer last, Status status, Metadata trailers, String ending) {
    boolean callerLeft = cancelled != null || status.getCode() == Status.Code.CANCELLED;
    stack.ended(this, new CallEnd(last, last, status, trailers, ending, false, callerLeft));
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public CallOptions options() {
    return options;
  }

  @Override
  public @Nullable Deadline deadline() {
    return deadline;
  }

  @Override
  public long startedNanos() {
    return startedNanos;
  }

  @Override
  public synchronized @Nullable Object request() {
    return oneRequest ? requests.first() : null;
  }

  /** Responses have reached the caller already. */
  @Override
  public @Nullable Object response() {
    return null;
  }

  @Override
  public boolean hasListener() {
    return listener != null;
  }

  @Override
  public void deliver(Status status, Metadata trailers) {
    idle.stop();
    Listener<R> to = listener;
    if (to != null) {
      to.onClose(status, trailers);
    }
  }

  @Override
  public void deliverInstead(Object response) {
    throw new UnsupportedOperationException("nothing stands in for a stream");
  }

  @Override
  public String toString() {
    return "StreamingCall[" + method.getFullMethodName() + " on " + stack + "]";
  }

  private final class StreamAttempt extends Listener<R> {
    final AttemptTracer tracer;
    final ClientCall<Q, R> call;

    StreamAttempt(AttemptTracer tracer, ClientCall<Q, R> call) {
      this.tracer = tracer;
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
      ended(this, tracer.resultFor(status, trailers), trailers);
    }
  }
}
