package io.fairlead.internal.transport;

import com.google.common.util.concurrent.ListenableFuture;
import io.fairlead.balance.internal.LivenessProbe;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.InternalChannelz.SocketStats;
import io.grpc.InternalLogId;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.internal.ClientStream;
import io.grpc.internal.ConnectionClientTransport;
import io.grpc.internal.DisconnectError;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is pinged from the moment it is ready until it has ended.
 *
 * <p>It passes everything on to grpc-java's transport and listens to what that reports. When no
 * reply comes, it shuts the transport down at once, which fails every call on it with UNAVAILABLE;
 * those that are safe to retry go elsewhere.
 */
final class KeepAliveTransport implements ConnectionClientTransport {
  private final ConnectionClientTransport delegate;
  private final KeepAlivePinger keepAlivePinger;

  KeepAliveTransport(
      ConnectionClientTransport delegate,
      ScheduledExecutorService timer,
      Duration interval,
      @Nullable LivenessProbe probe) {
    this.delegate = delegate;
    this.keepAlivePinger =
        new KeepAlivePinger(
            new KeepAlivePinger.PingTarget() {
              @Override
              public void ping(PingCallback answer) {
                delegate.ping(answer, Runnable::run);
              }

              @Override
              public void replied() {
                if (probe != null) {
                  probe.heard();
                }
              }

              @Override
              public void close(Status why) {
                if (probe != null) {
                  probe.missed();
                }
                delegate.shutdownNow(why);
              }
            },
            timer,
            interval,
            KeepAliveTransportFactory.timeout(interval));
  }

  @Override
  public @Nullable Runnable start(Listener listener) {
    return delegate.start(new Watched(listener));
  }

  @Override
  public ClientStream newStream(
      MethodDescriptor<?, ?> method,
      Metadata headers,
      CallOptions options,
      ClientStreamTracer[] tracers) {
    return delegate.newStream(method, headers, options, tracers);
  }

  @Override
  public void ping(PingCallback callback, Executor executor) {
    delegate.ping(callback, executor);
  }

  @Override
  public void shutdown(Status reason) {
    delegate.shutdown(reason);
  }

  @Override
  public void shutdownNow(Status reason) {
    delegate.shutdownNow(reason);
  }

  @Override
  public Attributes getAttributes() {
    return delegate.getAttributes();
  }

  @Override
  public ListenableFuture<SocketStats> getStats() {
    return delegate.getStats();
  }

  @Override
  public InternalLogId getLogId() {
    return delegate.getLogId();
  }

  @Override
  public String toString() {
    return "KeepAliveTransport[" + delegate + "]";
  }

  private final class Watched implements Listener {
    private final Listener listener;

    Watched(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void transportReady() {
      keepAlivePinger.start();
      listener.transportReady();
    }

    /** Calls may still run on it, so it is pinged on. */
    @Override
    public void transportShutdown(Status status, DisconnectError error) {
      listener.transportShutdown(status, error);
    }

    @Override
    public void transportTerminated() {
      keepAlivePinger.stop();
      listener.transportTerminated();
    }

    @Override
    public void transportInUse(boolean inUse) {
      listener.transportInUse(inUse);
    }

    @Override
    public Attributes filterTransport(Attributes attributes) {
      return listener.filterTransport(attributes);
    }
  }
}
