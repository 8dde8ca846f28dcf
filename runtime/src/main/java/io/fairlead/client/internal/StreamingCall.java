package io.fairlead.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.client.internal.AttemptStrategy.Finish;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.internal.Durations;
import io.fairlead.internal.executor.IdleTimer;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.PolicyField;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A streaming call. Until the server has responded, requests are kept so that the stream can be
 * started again elsewhere. From then on, or when too much is kept, the stream is bound to its
 * attempt, and messages pass straight through.
 *
 * <p>A method with one request begins when that is complete, as a unary call does: its hash key is
 * known then, and a cancellation comes before the request has left or after, never in between,
 * where grpc-java would not free its message.
 *
 * <p>Until messages pass straight through, they are kept under the monitor and sent without it, as
 * interceptors of the application see them. One thread at a time sends: while an attempt starts, it
 * is the thread that starts it, and what the caller sends meanwhile is left to that thread. So the
 * order holds. Afterwards {@link #straight} is read without a lock, and nothing is added to the
 * cost of a message.
 */
final class StreamingCall<Q, R> extends AttemptEngine<Q, R> {
  private static final String ANSWERED = "the stream had begun";
  private static final String TOO_MUCH =
      "more than "
          + ReplayBuffer.MAX_MESSAGES
          + " requests or "
          + (ReplayBuffer.MAX_BYTES >> 20)
          + " MiB were sent before the server answered,"
          + " so that the stream could not be begun again";

  /** Null without a limit. */
  private final @Nullable IdleTimer idle;

  private final boolean oneRequest;

  /** Set once for all, when the stream is bound and its attempt has all that was kept. */
  private volatile @Nullable ClientCall<Q, R> straight;

  /** Why no other attempt can follow; null while one can. Written under the monitor. */
  private volatile @Nullable String bound;

  @GuardedBy("this")
  private final ReplayBuffer<Q> requests;

  /** The attempt that the caller's messages go to; null before the first, and between two. */
  @GuardedBy("this")
  private @Nullable StreamAttempt current;

  StreamingCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    super(stack, method, options, deadline, startedNanos);
    this.idle = stack.config.policy.idleTimeout().map(this::idleTimer).orElse(null);
    this.oneRequest = method.getType().clientSendsOneMessage();
    this.requests = new ReplayBuffer<>(oneRequest);
  }

  @Override
  Attempt<Q, R> attempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
    return new StreamAttempt(tracer, previous);
  }

  private IdleTimer idleTimer(Duration limit) {
    CallEnvironment environment = stack.environment;
    return new IdleTimer(
        limit,
        environment.nanoTime(),
        environment.scheduler(),
        () ->
            end(
                Status.CANCELLED.withDescription(
                    "no message in either direction for "
                        + Durations.format(limit)
                        + " (idleTimeout, "
                        + stack.config.policy.origin(PolicyField.IDLE_TIMEOUT)
                        + ")")));
  }

  @Override
  public void beginAttempts(AttemptTracer first) {
    if (idle != null) {
      idle.start();
    }
    super.beginAttempts(first);
  }

  private void touch() {
    if (idle != null) {
      idle.touch();
    }
  }

  /** Not within {@link #start}, where the caller does not expect it. */
  @Override
  public void refused(Runnable tell) {
    super.refused(() -> onCallExecutor(tell));
  }

  @Override
  public void request(int numMessages) {
    ClientCall<Q, R> call = straight;
    if (call == null) {
      synchronized (this) {
        requests.addRequested(numMessages);
        // An attempt that is not open yet will ask for all by itself.
        call = current != null && current.open ? current.started() : null;
      }
    }
    if (call != null) {
      call.request(numMessages);
    }
  }

  @Override
  public void sendMessage(Q given) {
    if (isCancelled()) {
      return; // this side may have ended the call, which its caller need not know yet
    }
    touch();
    Q message = ReplayableRequest.of(method, given, options());
    Status tooLarge = MessageSizeLayer.check(message, options());
    if (tooLarge != null) {
      end(tooLarge);
      return;
    }
    ClientCall<Q, R> call = straight;
    if (call != null) {
      call.sendMessage(message);
      return;
    }
    synchronized (this) {
      if (isOver()) {
        return;
      }
      requests.add(message);
      if (requests.exceedsLimit()) {
        bind(TOO_MUCH);
      }
    }
    sendKept();
  }

  @Override
  public void halfClose() {
    if (isCancelled()) {
      return;
    }
    ClientCall<Q, R> call = straight;
    if (call != null) {
      call.halfClose();
      return;
    }
    synchronized (this) {
      requests.halfClose();
    }
    sendKept();
    if (begins()) {
      stack.outermost.begin(this);
    }
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> call = straight;
    if (call == null) {
      StreamAttempt attempt;
      synchronized (this) {
        if (current == null) {
          return oneRequest && !isBegun();
        }
        attempt = current;
      }
      call = attempt.started();
      if (call == null) {
        return attempt.ready;
      }
    }
    return call.isReady();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    ClientCall<Q, R> call = straight;
    if (call != null) {
      call.setMessageCompression(enabled);
      return;
    }
    synchronized (this) {
      requests.setCompression(enabled);
    }
    sendKept();
  }

  /**
   * Sends what was kept to the attempt under way, unless a thread is at it already. Where a bound
   * stream waits for its next attempt, that begins now: otherwise more and more would be kept.
   */
  private void sendKept() {
    StreamAttempt attempt;
    synchronized (this) {
      attempt = current;
      if (attempt != null && !attempt.takesTurn()) {
        return;
      }
    }
    if (attempt != null) {
      attempt.sendKept();
    } else if (bound != null) {
      endBackoff();
    }
  }

  /** Binds the stream to the attempt under way, or to the next one: no other follows. */
  @GuardedBy("this")
  private void bind(String why) {
    if (bound == null) {
      bound = why;
    }
  }

  @Override
  synchronized Step decide(AttemptResult failed, int stillRunning) {
    current = null;
    String why = bound;
    if (why != null) {
      return new Finish(why);
    }
    return isCancelled() ? new Finish("") : super.decide(failed, stillRunning);
  }

  @Override
  public synchronized @Nullable Object request() {
    return requests.only();
  }

  @Override
  public void deliver(Status status, Metadata trailers) {
    if (idle != null) {
      idle.stop();
    }
    super.deliver(status, trailers);
  }

  /** Passes on what comes back; from the first word on, the stream is bound to it. */
  private final class StreamAttempt extends Attempt<Q, R> {
    // The next three are guarded by the monitor of the call.

    /** Whether it has started, so that the caller's wishes for responses go to it at once. */
    private boolean open;

    /** Whether a thread sends; from the beginning, as the thread that starts it does. */
    private boolean sending = true;

    /** Steps of the caller that it has taken. */
    private int taken;

    /** Whether the transport has said so; for the time until it has started. */
    private volatile boolean ready;

    StreamAttempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
      super(tracer, previous);
    }

    @Override
    void send(ClientCall<Q, R> unstarted, Metadata requestHeaders) {
      synchronized (StreamingCall.this) {
        current = this;
      }
      super.send(unstarted, requestHeaders);
    }

    @Override
    void sendRequest(ClientCall<Q, R> call) {
      int asked;
      synchronized (StreamingCall.this) {
        if (!running || isCancelled()) {
          return;
        }
        open = true;
        asked = requests.requested();
      }
      if (asked > 0) {
        call.request(asked);
      }
      sendKept(call);
    }

    /** Makes the calling thread the one that sends; false if another is. Under the monitor. */
    boolean takesTurn() {
      boolean free = !sending;
      sending = true;
      return free;
    }

    /** Sends what was kept; on the thread whose turn it is, without the monitor. */
    void sendKept() {
      ClientCall<Q, R> call = started();
      if (call != null) {
        sendKept(call);
      }
    }

    private void sendKept(ClientCall<Q, R> call) {
      try {
        for (Consumer<ClientCall<Q, ?>> step = next(call); step != null; step = next(call)) {
          step.accept(call);
        }
      } catch (RuntimeException | Error e) {
        synchronized (StreamingCall.this) {
          sending = false;
        }
        throw e;
      }
    }

    /** Returns the next step to take, or null, which ends the turn. */
    private @Nullable Consumer<ClientCall<Q, ?>> next(ClientCall<Q, R> call) {
      synchronized (StreamingCall.this) {
        Consumer<ClientCall<Q, ?>> step = requests.step(taken);
        if (step != null) {
          taken++;
          return step;
        }
        sending = false;
        passStraight(call);
        return null;
      }
    }

    /**
     * Lets messages pass without the monitor, if the stream is bound and all kept ones are sent.
     */
    private void passStraight(@Nullable ClientCall<Q, R> call) {
      synchronized (StreamingCall.this) {
        boolean sentAll = !sending && requests.step(taken) == null;
        if (bound != null && sentAll && call != null && current == this && straight == null) {
          straight = call;
          requests.clear();
          taken = 0; // the caller may be about to add one more step
        }
      }
    }

    private void answered() {
      if (bound == null) {
        synchronized (StreamingCall.this) {
          bind(ANSWERED);
          passStraight(started());
        }
      }
      touch();
    }

    @Override
    public void onHeaders(Metadata received) {
      answered();
      listener().onHeaders(received);
    }

    @Override
    public void onMessage(R message) {
      answered();
      listener().onMessage(message);
    }

    @Override
    public void onReady() {
      ready = true;
      listener().onReady();
    }

    @Override
    void ended(AttemptResult result, Metadata trailers) {
      StreamingCall.this.ended(this, result, trailers);
    }
  }
}
