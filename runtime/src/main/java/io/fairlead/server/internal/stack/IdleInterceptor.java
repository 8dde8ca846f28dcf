package io.fairlead.server.internal.stack;

import io.fairlead.internal.Durations;
import io.fairlead.internal.executor.IdleTimer;
import io.fairlead.server.internal.call.TerminableServerCall;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * Ends a stream on which no message was sent for too long, in both directions together.
 *
 * <p>Messages and timer run on different threads; {@link TerminableServerCall} decides between the
 * end by this layer and the end by the handler.
 */
record IdleInterceptor(Duration limit, ScheduledExecutorService timer, LongSupplier ticker)
    implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    TerminableServerCall<Q, R> terminable = new TerminableServerCall<>(call);
    IdleTimer idleTimer = new IdleTimer(limit, ticker, timer, () -> end(terminable));
    ServerCall.Listener<Q> listener =
        next.startCall(new ActivityServerCall<>(terminable, idleTimer), headers);
    idleTimer.start();
    return new ActivityListener<>(terminable, idleTimer, listener);
  }

  private void end(TerminableServerCall<?, ?> call) {
    call.terminate(
        Status.CANCELLED.withDescription(
            "nothing was said on this stream of "
                + call.getMethodDescriptor().getFullMethodName()
                + " for "
                + Durations.format(limit)
                + ", its idle_timeout"));
  }

  @Override
  public String toString() {
    return "idle(" + Durations.format(limit) + ")";
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

  private static final class ActivityListener<Q> extends TerminableServerCall.HandlerListener<Q> {
    private final IdleTimer idleTimer;

    ActivityListener(
        TerminableServerCall<Q, ?> call, IdleTimer idleTimer, ServerCall.Listener<Q> delegate) {
      super(call, delegate);
      this.idleTimer = idleTimer;
    }

    @Override
    public void onMessage(Q message) {
      idleTimer.touch();
      super.onMessage(message);
    }

    @Override
    public void onComplete() {
      idleTimer.stop();
      super.onComplete();
    }

    @Override
    public void onCancel() {
      idleTimer.stop();
      super.onCancel();
    }
  }
}
