package io.fairlead;

import io.fairlead.observe.StatusOrigin;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Applies the settings that any channel can honour, and passes the whole on for what only ours can.
 *
 * <p>The last options are remembered with their result, as a caller mostly comes with the same ones
 * again. Only a deadline has to be computed for each call.
 */
final class SettingsInterceptor implements ClientInterceptor {
  private final CallSettings settings;
  private volatile @Nullable Applied last;

  /** A caller mostly comes with the same options again; only a deadline is new for each call. */
  private record Applied(CallOptions input, CallOptions result) {}

  SettingsInterceptor(CallSettings settings) {
    this.settings = settings;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    ClientCall<Q, R> call = next.newCall(method, applied(options));
    return settings.touchesListener()
        ? new SettledCall<>(call, settings, method.getFullMethodName())
        : call;
  }

  private CallOptions applied(CallOptions options) {
    Applied seen = last;
    if (seen == null || seen.input != options) {
      seen = new Applied(options, lasting(options));
      last = seen;
    }
    CallSettings inner = CallSettings.of(options);
    CallOptions result = seen.result;
    if (settings.deadline() != null && (inner == null || inner.deadline() == null)) {
      Deadline wanted = Deadline.after(settings.deadline().toNanos(), TimeUnit.NANOSECONDS);
      Deadline given = options.getDeadline();
      // One that is there already may be the caller's own caller's: nobody may outlive it.
      result = given != null && given.isBefore(wanted) ? result : result.withDeadline(wanted);
    }
    return result;
  }

  /**
   * Adds what does not depend on the time of the call: the result is remembered for equal options.
   */
  private CallOptions lasting(CallOptions options) {
    CallSettings inner = CallSettings.of(options);
    CallOptions result = settings.addTo(options);
    if (settings.authority() != null && options.getAuthority() == null) {
      result = result.withAuthority(settings.authority());
    }
    if (settings.waitForReady() != null && (inner == null || inner.waitForReady() == null)) {
      result = settings.waitForReady() ? result.withWaitForReady() : result.withoutWaitForReady();
    }
    return result;
  }

  /** Adds headers and captures the response, for settings that ask for it. */
  private static final class SettledCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private final CallSettings settings;
    private final String method;

    SettledCall(ClientCall<Q, R> call, CallSettings settings, String method) {
      super(call);
      this.settings = settings;
      this.method = method;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      settings.addHeadersTo(headers);
      ResponseCapture capture = settings.capture();
      if (capture == null) {
        delegate().start(listener, headers);
      } else {
        delegate().start(new CapturingListener<>(listener, capture, method), headers);
      }
    }
  }

  private static final class CapturingListener<R> extends SimpleForwardingClientCallListener<R> {
    private final ResponseCapture capture;
    private final CompletableFuture<Metadata> arrival;
    private final String method;

    CapturingListener(ClientCall.Listener<R> listener, ResponseCapture capture, String method) {
      super(listener);
      this.capture = capture;
      this.arrival = capture.started();
      this.method = method;
    }

    @Override
    public void onHeaders(Metadata headers) {
      capture.headers(headers);
      arrival.complete(headers);
      delegate().onHeaders(headers);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      capture.closed(status, trailers);
      if (status.isOk()) {
        arrival.complete(new Metadata());
      } else if (!arrival.isDone()) {
        StatusOrigin origin = trailers.keys().isEmpty() ? StatusOrigin.LOCAL : StatusOrigin.WIRE;
        arrival.completeExceptionally(RpcException.of(method, status, trailers, origin));
      }
      delegate().onClose(status, trailers);
    }
  }
}
