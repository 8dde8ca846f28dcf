package io.fairlead.server;

import io.fairlead.internal.Durations;
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

/** Ends a stream on which nothing was said for too long, in both directions together. */
final class IdleInterceptor implements ServerInterceptor {
  private final Duration limit;
  private final ScheduledExecutorService timer;
  private final LongSupplier ticker;

  IdleInterceptor(Duration limit, ScheduledExecutorService timer, LongSupplier ticker) {
    this.limit = limit;
    this.timer = timer;
    this.ticker = ticker;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Silence silence = new Silence();
    ClosableCall<Q, R> closable = new ClosableCall<>(call);
    ServerCall.Listener<Q> listener = next.startCall(new Speaking<>(closable, silence), headers);
    silence.watch(closable);
    return new Hearing<>(closable, silence, listener);
  }

  @Override
  public String toString() {
    return "idle(" + Durations.format(limit) + ")";
  }

  /** One timer per stream, set again only when it fires: a message costs one write of a field. */
  private final class Silence {
    private volatile long last = ticker.getAsLong();
    private volatile boolean over;
    private volatile @Nullable ScheduledFuture<?> task;

    void broken() {
      last = ticker.getAsLong();
    }

    void watch(ClosableCall<?, ?> call) {
      if (over) {
        return;
      }
      long left = limit.toNanos() - (ticker.getAsLong() - last);
      if (left <= 0) {
        over = true;
        call.closeFirst(
            Status.CANCELLED.withDescription(
                "nothing was said on this stream of "
                    + call.getMethodDescriptor().getFullMethodName()
                    + " for "
                    + limit.toMillis()
                    + " ms, its idle_timeout"));
        return;
      }
      ScheduledFuture<?> next = timer.schedule(() -> watch(call), left, TimeUnit.NANOSECONDS);
      task = next;
      if (over) {
        next.cancel(false);
      }
    }

    void end() {
      over = true;
      ScheduledFuture<?> pending = task;
      if (pending != null) {
        pending.cancel(false);
      }
    }
  }

  private static final class Speaking<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final Silence silence;

    Speaking(ServerCall<Q, R> delegate, Silence silence) {
      super(delegate);
      this.silence = silence;
    }

    @Override
    public void sendMessage(R message) {
      silence.broken();
      delegate().sendMessage(message);
    }
  }

  private static final class Hearing<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ClosableCall<Q, ?> call;
    private final Silence silence;

    Hearing(ClosableCall<Q, ?> call, Silence silence, ServerCall.Listener<Q> delegate) {
      super(delegate);
      this.call = call;
      this.silence = silence;
    }

    @Override
    public void onMessage(Q message) {
      silence.broken();
      delegate().onMessage(message);
    }

    @Override
    public void onComplete() {
      silence.end();
      // The handler did not end this call, so for it the call was cancelled.
      if (call.wasClosedFirst()) {
        delegate().onCancel();
      } else {
        delegate().onComplete();
      }
    }

    @Override
    public void onCancel() {
      silence.end();
      delegate().onCancel();
    }
  }
}
