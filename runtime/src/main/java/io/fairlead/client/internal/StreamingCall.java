package io.fairlead.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.client.internal.AttemptStrategy.Finish;
import io.fairlead.client.internal.AttemptStrategy.Step;
import io.fairlead.observe.internal.AttemptResult;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
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
final class StreamingCall<Q, R> extends AttemptEngine<Q, R> {
  private final IdleTimer idle;
  private final boolean oneRequest;

  /** Set once for all, when the stream can no longer be begun again. */
  private volatile @Nullable ClientCall<Q, R> committed;

  @GuardedBy("this")
  private final ReplayBuffer<Q> requests;

  /** The attempt that the caller's messages go to; null before the first, and between two. */
  @GuardedBy("this")
  private @Nullable ClientCall<Q, R> current;

  StreamingCall(
      ClientStack stack,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      @Nullable Deadline deadline,
      long startedNanos) {
    super(stack, method, options, deadline, startedNanos);
    this.idle = new IdleTimer(stack.config, stack.environment, this::end);
    this.oneRequest = method.getType().clientSendsOneMessage();
    this.requests = new ReplayBuffer<>(oneRequest);
  }

  @Override
  Attempt<Q, R> attempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
    return new StreamAttempt(tracer, previous);
  }

  @Override
  public void beginAttempts(AttemptTracer first) {
    idle.start();
    super.beginAttempts(first);
  }

  /** Not within {@link #start}, where the caller does not expect it. */
  @Override
  public void refused(Runnable tell) {
    super.refused(() -> onCallExecutor(tell));
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
        current.request(numMessages);
      }
    }
  }

  @Override
  public void sendMessage(Q given) {
    if (isCancelled()) {
      return; // this side may have ended the call, which its caller need not know yet
    }
    idle.touch();
    Q message = ReplayableRequest.of(method, given, options());
    Status tooLarge = MessageSizeLayer.check(message, options());
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
      if (isOver()) {
        return;
      }
      requests.add(message);
      if (current != null) {
        current.sendMessage(message);
        if (requests.exceedsLimit()) {
          commit(current);
        }
      }
    }
  }

  @Override
  public void halfClose() {
    if (isCancelled()) {
      return;
    }
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      straight.halfClose();
      return;
    }
    synchronized (this) {
      requests.halfClose();
      if (current != null) {
        current.halfClose();
      }
    }
    if (begins()) {
      stack.outermost.begin(this);
    }
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> straight = committed;
    if (straight != null) {
      return straight.isReady();
    }
    synchronized (this) {
      return current == null ? oneRequest && !isBegun() : current.isReady();
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
        current.setMessageCompression(enabled);
      }
    }
  }

  /** Binds the stream to an attempt: requests are no longer kept, and no other attempt follows. */
  private void commit(ClientCall<Q, R> attempt) {
    if (committed != null) {
      return; // as for all messages but the first
    }
    synchronized (this) {
      if (committed == null) {
        committed = attempt;
        requests.clear();
      }
    }
  }

  @Override
  synchronized Step decide(AttemptResult failed, int stillRunning) {
    current = null;
    if (committed != null) {
      return new Finish("the stream had begun");
    }
    return isCancelled() ? new Finish("") : super.decide(failed, stillRunning);
  }

  @Override
  public synchronized @Nullable Object request() {
    return oneRequest ? requests.first() : null;
  }

  @Override
  public void deliver(Status status, Metadata trailers) {
    idle.stop();
    super.deliver(status, trailers);
  }

  /** Passes on what comes back; from the first word on, the stream is bound to it. */
  private final class StreamAttempt extends Attempt<Q, R> {
    private @Nullable ClientCall<Q, R> call;

    StreamAttempt(AttemptTracer tracer, @Nullable Attempt<Q, R> previous) {
      super(tracer, previous);
    }

    /** Under the monitor: what the caller sends meanwhile comes after what is sent here. */
    @Override
    void send(ClientCall<Q, R> unstarted, Metadata requestHeaders) {
      synchronized (StreamingCall.this) {
        call = unstarted;
        current = unstarted;
        super.send(unstarted, requestHeaders);
      }
    }

    @Override
    @SuppressWarnings("GuardedBy") // called by send() alone, which holds the monitor
    void sendRequest(ClientCall<Q, R> started) {
      if (running && !isCancelled()) {
        requests.replayTo(started);
        if (requests.exceedsLimit()) {
          commit(started);
        }
      }
    }

    private void answered() {
      commit(Objects.requireNonNull(call, "not started"));
      idle.touch();
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
      listener().onReady();
    }

    @Override
    void ended(AttemptResult result, Metadata trailers) {
      call = null;
      StreamingCall.this.ended(this, result, trailers);
    }
  }
}
