package io.fairlead.server.internal.lifecycle;

import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.tls.TlsWatch;
import io.fairlead.internal.transport.ConnectionGate;
import io.fairlead.internal.transport.NettyTransportKind;
import io.fairlead.internal.transport.TransportLog;
import io.fairlead.lifecycle.ServerGateway;
import io.fairlead.policy.ConnectionSettings;
import io.fairlead.server.internal.observe.ServerCallRecorderFactory;
import io.fairlead.server.internal.stack.ServerExecutors;
import io.fairlead.server.internal.stack.ServerStack;
import io.grpc.Attributes;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens the port: turns the configuration into a grpc-java server on the event loops of {@link
 * ServerExecutors}, and a failure into a sentence that says what to do. Has no state.
 */
final class ServerSocketBinder {
  /** Long enough that a burst of hedges, or of deadlines that pass together, does not count. */
  private static final int RESET_WINDOW_SECONDS = 10;

  private static final SocketAddress ANY_ADDRESS = new InetSocketAddress(0);

  private ServerSocketBinder() {}

  /**
   * Opens the port.
   *
   * @param watch of the files of TLS; null without files
   */
  static Server open(
      ServerConfig config, ServerStack stack, ServerExecutors executors, @Nullable TlsWatch watch) {
    TransportLog.makePlain();
    ServerGateway gateway = config.listen().gateway();
    ServerCredentials credentials = credentials(config.listen().tls(), watch);
    if (config.listen().tls() instanceof ServerTls.Given) {
      // Here alone, so that nothing else that fails is blamed on TLS.
      try {
        NettyServerBuilder unused = NettyServerBuilder.forAddress(ANY_ADDRESS, credentials);
      } catch (IllegalArgumentException e) {
        throw new IllegalStateException(
            "the transport cannot use the credentials given to tls(...): " + e.getMessage(), e);
      }
    }
    return gateway == null
        ? start(config, stack, executors, watch, credentials)
        : gateway.open(new GatewayPort(config, stack, executors, watch, credentials));
  }

  private static ServerCredentials credentials(@Nullable ServerTls tls, @Nullable TlsWatch watch) {
    if (watch != null) {
      return watch.serverCredentials();
    }
    return tls instanceof ServerTls.Given given
        ? given.credentials()
        : InsecureServerCredentials.create();
  }

  /** Opens the port of gRPC; a gateway calls it with credentials of its own. */
  static Server start(
      ServerConfig config,
      ServerStack stack,
      ServerExecutors executors,
      @Nullable TlsWatch watch,
      ServerCredentials credentials) {
    ConnectionSettings connections = config.connections();
    ConnectionGate gate =
        new ConnectionGate(
            config.identity().name(),
            connections.maxConnections(),
            connections.maxConnectionsPerPeer(),
            connections.handshakeTimeout());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(local(config.listen()), credentials)
            // The layers decide on the event loop; the one offload is theirs.
            .directExecutor()
            .bossEventLoopGroup(executors.loops())
            .workerEventLoopGroup(executors.loops())
            .channelFactory(() -> NettyTransportKind.port(gate, watch))
            .addTransportFilter(new ThreadsFilter(executors.handlers()));
    apply(connections, builder);
    stack.services().forEach(builder::addService);
    ServerCallRecorderFactory recorders = stack.recorders();
    if (recorders != null) {
      builder.addStreamTracerFactory(recorders);
    }
    builder.maxInboundMessageSize(stack.largestRequest());
    try {
      return builder.build().start();
    } catch (IOException e) {
      throw new IllegalStateException(explain(config, e), e);
    }
  }

  private static void apply(ConnectionSettings settings, NettyServerBuilder builder) {
    builder
        .flowControlWindow(settings.flowControlWindow())
        .permitKeepAliveTime(settings.permittedPing().toNanos(), TimeUnit.NANOSECONDS)
        .permitKeepAliveWithoutCalls(true)
        .handshakeTimeout(settings.handshakeTimeout().toNanos(), TimeUnit.NANOSECONDS);
    settings
        .maxAge()
        .ifPresent(age -> builder.maxConnectionAge(age.toNanos(), TimeUnit.NANOSECONDS));
    settings
        .maxAgeGrace()
        .ifPresent(grace -> builder.maxConnectionAgeGrace(grace.toNanos(), TimeUnit.NANOSECONDS));
    settings
        .maxIdle()
        .ifPresent(idle -> builder.maxConnectionIdle(idle.toNanos(), TimeUnit.NANOSECONDS));
    settings.maxCallsPerConnection().ifPresent(builder::maxConcurrentCallsPerConnection);
    settings
        .maxResetsPerSecond()
        .ifPresent(
            perSecond ->
                builder.maxRstFramesPerWindow(
                    (int) Math.min((long) perSecond * RESET_WINDOW_SECONDS, Integer.MAX_VALUE),
                    RESET_WINDOW_SECONDS));
  }

  /**
   * Puts this server's threads on each connection, from where the bindings of its calls take them.
   */
  private static final class ThreadsFilter extends ServerTransportFilter {
    private final HandlerExecutor handlers;

    ThreadsFilter(HandlerExecutor handlers) {
      this.handlers = handlers;
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
      return attributes.toBuilder().set(HandlerExecutor.ATTRIBUTE, handlers).build();
    }
  }

  private static SocketAddress local(ListenSettings listen) {
    if (listen.host() == null) {
      return new InetSocketAddress(listen.port());
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(listen.host()), listen.port());
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "host(\"" + listen.host() + "\") is not a name or address of this machine", e);
    }
  }

  /** Says what to do about a port that cannot be opened; the JDK tells it by the text alone. */
  private static String explain(ServerConfig config, IOException e) {
    ListenSettings listen = config.listen();
    String what = "server " + config.identity().name() + " cannot listen on port " + listen.port();
    if (listen.host() != null) {
      what += " of " + listen.host();
    }
    Throwable cause = e.getCause() instanceof BindException ? e.getCause() : e;
    String message = String.valueOf(cause.getMessage());
    if (message.contains("Permission denied")) {
      return what + ": this user may not open it; use a port above 1023";
    }
    if (message.contains("Cannot assign")) {
      return what + ": that is no address of this machine; leave host(...) out to listen on all";
    }
    if (cause instanceof BindException) {
      return what
          + ": another process has it; stop that process, use another port, or port(0) for any free"
          + " one";
    }
    return what + ": " + message;
  }
}
