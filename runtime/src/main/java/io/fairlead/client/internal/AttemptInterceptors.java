package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The application's interceptors around each attempt.
 *
 * <p>What one of them throws fails the attempt, and the strategy decides what follows. Most
 * attempts start on an event loop, where no caller could catch it. A guard outside of the
 * interceptors turns the exception into the end of the attempt, and makes sure that an attempt ends
 * once, even if the interceptor had started the call before it threw.
 */
final class AttemptInterceptors {
  private AttemptInterceptors() {}

  /**
   * Returns the transport with the interceptors around it, the first one outermost; the transport
   * itself if there are none.
   */
  static Channel around(Channel transport, List<ClientInterceptor> interceptors) {
    if (interceptors.isEmpty()) {
      return transport;
    }
    Channel intercepted = ClientInterceptors.interceptForward(transport, interceptors);
    return ClientInterceptors.intercept(intercepted, new FailureGuard(transport));
  }

  /** Turns what is thrown while an attempt starts into the end of that attempt. */
  private record FailureGuard(Channel transport) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      try {
        return new GuardedCall<>(next.newCall(method, options));
      } catch (RuntimeException e) {
        // Never started; it only stands where the interceptor's call would stand.
        return new FailedCall<>(transport.newCall(method, options), e);
      }
    }
  }

  private static final class FailedCall<Q, R> extends CheckedForwardingClientCall<Q, R> {
    private final RuntimeException failure;

    FailedCall(ClientCall<Q, R> unused, RuntimeException failure) {
      super(unused);
      this.failure = failure;
    }

    @Override
    protected void checkedStart(Listener<R> listener, Metadata headers) {
      throw failure;
    }
  }

  private static final class GuardedCall<Q, R> extends CheckedForwardingClientCall<Q, R> {
    GuardedCall(ClientCall<Q, R> call) {
      super(call);
    }

    @Override
    protected void checkedStart(Listener<R> listener, Metadata headers) {
      ClosedOnceListener<R> once = new ClosedOnceListener<>(listener);
      try {
        delegate().start(once, headers);
      } catch (RuntimeException e) {
        if (once.close()) {
          // It may have been started before the interceptor failed.
          delegate().cancel("an interceptor of the attempt failed", e);
          throw e;
        }
      }
    }
  }

  private static final class ClosedOnceListener<R> extends SimpleForwardingClientCallListener<R> {
    private final AtomicBoolean closed = new AtomicBoolean();

    ClosedOnceListener(ClientCall.Listener<R> delegate) {
      super(delegate);
    }

    /** Returns whether this was the first time. */
    boolean close() {
      return closed.compareAndSet(false, true);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (close()) {
        delegate().onClose(status, trailers);
      }
    }
  }
}
