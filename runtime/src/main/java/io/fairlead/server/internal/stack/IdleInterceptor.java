package io.fairlead.server.internal.stack;

import io.fairlead.internal.Durations;
import io.fairlead.server.internal.call.TerminableServerCall;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a stream on which no message was sent for too long, in both directions together.
 *
 * <p>A message costs one volatile write. The timer is not moved: when it fires, it looks back and
 * waits for the rest. Messages and timer run on different threads; {@link TerminableServerCall}
 * decides between the end by this layer and the end by the handler.
 */
record IdleInterceptor(Duration limit, ScheduledExecutorService timer, LongSupplier ticker)
    implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    IdleTimer idleTimer = new IdleTimer();
    TerminableServerCall<Q, R> terminable = new TerminableServerCall<>(call);
    ServerCall.Listener<Q> listener =
        next.startCall(new ActivityServerCall<>(terminable, idleTimer), headers);
    idleTimer.watch(terminable);
    return new ActivityListener<>(terminable, idleTimer, listener);
  }

  @Override
  public String toString() {
    return "idle(" + Durations.format(limit) + ")";
  }

  /** One timer per stream, set again only when it fires: a message costs one write of a field. */
  private final class IdleTimer {
    private volatile long last = ticker.getAsLong();
    private volatile boolean stopped;
    private volatile @Nullable ScheduledFuture<?> task;

    void touch() {
      last = ticker.getAsLong();
    }

    void watch(TerminableServerCall<?, ?> call) {
      if (stopped) {
        return;
      }
      long left = limit.toNanos() - (ticker.getAsLong() - last);
      if (left <= 0) {
        stopped = true;
        call.terminate(
            Status.CANCELLED.withDescription(
                "nothing was said on this stream of "
                    + call.getMethodDescriptor().getFullMethodName()
                    + " for "
                    + Durations.format(limit)
                    + ", its idle_timeout"));
        return;
      }
      ScheduledFuture<?> next = timer.schedule(() -> watch(call), left, TimeUnit.NANOSECONDS);
      task = next;
      if (stopped) {
        next.cancel(false);
      }
    }

    void end() {
      stopped = true;
      ScheduledFuture<?> pending = task;
      if (pending != null) {
        pending.cancel(false);
      }
    }
  }

  private static final class ActivityServerCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final IdleTimer idleTimer;

    ActivityServerCall(ServerCall<Q, R> delegate, IdleTimer idleTimer) {
      super(delegate);
      this.idleTimer = idleTimer;
    }

    @Override
    public void sendMessage(R message) {
      idleTimer.touch();
      delegate().sendMessage(message);
    }
  }

  private static final class ActivityListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final TerminableServerCall<Q, ?> call;
    private final IdleTimer idleTimer;

    ActivityListener(
        TerminableServerCall<Q, ?> call, IdleTimer idleTimer, ServerCall.Listener<Q> delegate) {
      super(delegate);
      this.call = call;
      this.idleTimer = idleTimer;
    }

    @Override
    public void onMessage(Q message) {
      idleTimer.touch();
      delegate().onMessage(message);
    }

    @Override
    public void onComplete() {
      idleTimer.end();
      // The handler did not end this call, so for it the call was cancelled.
      if (call.wasTerminated()) {
        delegate().onCancel();
      } else {
        delegate().onComplete();
      }
    }

    @Override
    public void onCancel() {
      idleTimer.end();
      delegate().onCancel();
    }
  }
}
