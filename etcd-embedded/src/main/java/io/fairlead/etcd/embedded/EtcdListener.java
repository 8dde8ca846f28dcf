package io.fairlead.etcd.embedded;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The server's socket. It can be closed and opened again on the same port; in between, the port
 * stays taken, and the kernel refuses connections to it. One caller at a time.
 */
final class EtcdListener {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

  private final EtcdConfig config;
  private final List<BindableService> services;
  private int port;
  private @Nullable Server server;
  private @Nullable Socket hold;

  EtcdListener(EtcdConfig config, List<BindableService> services) {
    this.config = config;
    this.services = services;
    this.port = config.port();
  }

  int port() {
    return port;
  }

  boolean isOpen() {
    return server != null;
  }

  void open() throws IOException {
    if (server != null) {
      return;
    }
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(config.host(), port), config.credentials())
            // Requests never wait, so there is no reason to use another thread.
            .directExecutor()
            .maxInboundMessageSize(config.maxMessageBytes())
            // etcd's own limits: a client that pings more often is sent away by both.
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(false)
            .fallbackHandlerRegistry(new UnimplementedFallback());
    services.forEach(builder::addService);
    Server starting = builder.build();
    starting.start();
    server = starting;
    port = starting.getPort();
    releaseHold();
  }

  /** Breaks all connections and takes no new ones. */
  void shut() {
    Server closing = server;
    if (closing == null) {
      return;
    }
    server = null;
    stop(closing);
    hold = holdPort();
  }

  void close() {
    Server closing = server;
    server = null;
    if (closing != null) {
      stop(closing);
    }
    releaseHold();
  }

  private static void stop(Server server) {
    server.shutdownNow();
    try {
      if (!server.awaitTermination(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "The embedded etcd's listener did not end within " + STOP_TIMEOUT.toSeconds() + "s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A socket that is bound but does not listen: nobody else gets the port meanwhile. */
  private Socket holdPort() {
    long end = System.nanoTime() + STOP_TIMEOUT.toNanos();
    while (true) {
      try {
        return bound();
      } catch (IOException e) {
        // The event loop closes the listening socket a moment after the server has ended.
        if (System.nanoTime() - end > 0) {
          throw new UncheckedIOException("Cannot hold port " + port + " of the embedded etcd", e);
        }
        LockSupport.parkNanos(100_000);
      }
    }
  }

  private Socket bound() throws IOException {
    Socket socket = new Socket();
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(config.host(), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void releaseHold() {
    Socket held = hold;
    hold = null;
    if (held != null) {
      try {
        held.close();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot release port " + port, e);
      }
    }
  }
}
