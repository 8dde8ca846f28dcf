package io.fairlead.internal.transport;

import com.google.common.util.concurrent.ListenableFuture;
import io.fairlead.balance.internal.LivenessProbe;
import io.fairlead.internal.Durations;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
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
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection that must stand within a bound, and is pinged from then on until it has ended, where
 * its server agreed to that.
 *
 * <p>It passes everything on to grpc-java's transport and listens to what that reports. When a ping
 * gets no reply, a balancer of ours is told, and closes the connection when another one stands or
 * fails: calls to a server that only stands still must not fail. A connection that is closed, or
 * that no balancer of ours made, is shut down when a ping gets no reply. That fails every call on
 * it with UNAVAILABLE; those that are safe to retry go elsewhere.
 */
final class KeepAliveTransport implements ConnectionClientTransport {
  private final ConnectionClientTransport delegate;
  private final ScheduledExecutorService timer;
  private final Duration connectTimeout;
  private final @Nullable LivenessProbe probe;

  /** Null for a server that is not pinged. */
  private final @Nullable KeepAlivePinger keepAlivePinger;

  /** Whether it was closed, or the server said good-bye: it takes no new calls. */
  private volatile boolean shutDown;

  /** Whether the server has sent its settings. */
  private volatile boolean ready;

  /** Set before the connection is begun. */
  private volatile @Nullable Future<?> connectTimer;

  /**
   * @param probe of the balancer, or null if it is none of ours
   * @param pingInterval null for never
   */
  KeepAliveTransport(
      ConnectionClientTransport delegate,
      ScheduledExecutorService timer,
      Duration connectTimeout,
      @Nullable LivenessProbe probe,
      @Nullable Duration pingInterval) {
    this.delegate = delegate;
    this.timer = timer;
    this.connectTimeout = connectTimeout;
    this.probe = probe;
    this.keepAlivePinger =
        pingInterval == null
            ? null
            : new KeepAlivePinger(
                new Pinged(KeepAliveTransportFactory.timeout(pingInterval)),
                timer,
                pingInterval,
                KeepAliveTransportFactory.timeout(pingInterval));
  }

  @Override
  public @Nullable Runnable start(Listener listener) {
    connectTimer =
        timer.schedule(this::onConnectTimeout, connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
    return delegate.start(new Watched(listener));
  }

  private void onConnectTimeout() {
    if (ready) {
      return; // the timer had begun to run when it was cancelled
    }
    // There are none until TCP stands, and TLS where there is any.
    @Nullable Attributes known = delegate.getAttributes();
    boolean connected = known != null && known.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) != null;
    delegate.shutdownNow(
        Status.UNAVAILABLE.withDescription(
            (connected
                    ? "it took the connection and sent no HTTP/2 SETTINGS within "
                    : "TCP, or TLS over it, got no answer within ")
                + Durations.format(connectTimeout)
                + (connected
                    ? "; does a gRPC server run there?"
                    : "; is the address right, and does the network lead there?")
                + " If it is only slow, raise connectTimeout(...)"));
  }

  private void stopConnectTimer() {
    Future<?> pending = connectTimer;
    if (pending != null) {
      pending.cancel(false);
      connectTimer = null; // a connection stands for long, and would keep it
    }
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

  private final class Pinged implements KeepAlivePinger.PingTarget {
    private final Duration timeout;

    Pinged(Duration timeout) {
      this.timeout = timeout;
    }

    @Override
    public void ping(PingCallback answer) {
      delegate.ping(answer, Runnable::run);
    }

    @Override
    public void noReply() {
      if (probe == null || shutDown) {
        delegate.shutdownNow(
            Status.UNAVAILABLE.withDescription(
                "no reply to a keep-alive ping within "
                    + Durations.format(timeout)
                    + "; the connection was closed"));
      } else {
        probe.noReply(timeout);
      }
    }

    @Override
    public void replied() {
      if (probe != null && !shutDown) {
        probe.replied();
      }
    }
  }

  private final class Watched implements Listener {
    private final Listener listener;

    Watched(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void transportReady() {
      ready = true;
      stopConnectTimer();
      if (keepAlivePinger != null) {
        keepAlivePinger.start();
      }
      listener.transportReady();
    }

    /** Calls may still run on it, so it is pinged on. */
    @Override
    public void transportShutdown(Status status, DisconnectError error) {
      shutDown = true;
      stopConnectTimer();
      listener.transportShutdown(status, error);
    }

    @Override
    public void transportTerminated() {
      stopConnectTimer();
      if (keepAlivePinger != null) {
        keepAlivePinger.stop();
      }
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
