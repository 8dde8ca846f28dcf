package io.fairlead.server.internal.stack;

import io.fairlead.internal.InterceptorNames;
import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.server.internal.call.QuietClose;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * An interceptor of the application, with a guard around it.
 *
 * <p>The block detector watches it under its name. What it throws ends the call, so that a permit
 * that was taken below is given back. A failure of the layers below passes through: it is told
 * apart from the interceptor's own by identity.
 */
final class ApplicationInterceptor implements ServerInterceptor {
  private static final System.Logger LOG = System.getLogger(ApplicationInterceptor.class.getName());

  private final ServerInterceptor interceptor;
  private final String name;
  private final String watched;

  ApplicationInterceptor(ServerInterceptor interceptor, String method) {
    this.interceptor = interceptor;
    this.name = InterceptorNames.of(interceptor);
    this.watched = "the interceptor " + name + " of " + method;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Next<Q, R> tracked = new Next<>(next);
    LoopActivity activity = EventLoopBlockDetector.shared().enter(watched);
    try {
      return interceptor.interceptCall(call, headers, tracked);
    } catch (RuntimeException e) {
      if (e == tracked.failure) {
        throw e; // not the interceptor's
      }
      end(call, e);
      // What was started below waits for its end.
      return tracked.listener == null
          ? QuietClose.noopListener()
          : new CancelledListener<>(tracked.listener);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  private void end(ServerCall<?, ?> call, RuntimeException failure) {
    if (failure instanceof StatusRuntimeException refusal && !refusal.getStatus().isOk()) {
      Metadata trailers = refusal.getTrailers() == null ? new Metadata() : refusal.getTrailers();
      QuietClose.closeQuietly(call, refusal.getStatus(), trailers);
      return;
    }
    LOG.log(Level.WARNING, watched + " failed", failure);
    QuietClose.closeQuietly(
        call,
        Status.INTERNAL.withDescription("an interceptor of the server failed").withCause(failure));
  }

  @Override
  public String toString() {
    return "intercept(" + name + ")";
  }

  /** What stands below the interceptor, and what became of it. */
  private static final class Next<Q, R> implements ServerCallHandler<Q, R> {
    private final ServerCallHandler<Q, R> next;
    private ServerCall.@Nullable Listener<Q> listener;
    private @Nullable RuntimeException failure;

    Next(ServerCallHandler<Q, R> next) {
      this.next = next;
    }

    @Override
    public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
      try {
        ServerCall.Listener<Q> started = next.startCall(call, headers);
        listener = started;
        return started;
      } catch (RuntimeException e) {
        failure = e;
        throw e;
      }
    }
  }

  /** The handler did not end this call, so for it the call was cancelled. */
  private static final class CancelledListener<Q> extends SimpleForwardingServerCallListener<Q> {
    CancelledListener(ServerCall.Listener<Q> delegate) {
      super(delegate);
    }

    @Override
    public void onMessage(Q message) {}

    @Override
    public void onHalfClose() {}

    @Override
    public void onComplete() {
      delegate().onCancel();
    }
  }
}
