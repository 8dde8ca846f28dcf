package io.fairlead.gateway.internal.http;

import io.fairlead.lifecycle.ServerGateway;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server of gRPC together with the connections of HTTP/1.1 on its port: it has ended when both
 * have.
 */
public final class GatewayServer extends Server {
  private final Server grpc;
  private final GatewayConnections connections;
  private final Runnable afterwards;

  private GatewayServer(Server grpc, GatewayConnections connections, Runnable afterwards) {
    this.grpc = grpc;
    this.connections = connections;
    this.afterwards = afterwards;
  }

  /**
   * Starts the server on its port, and answers there whatever is not gRPC.
   *
   * @param afterwards ends what calls need, when no call is left; may run more than once
   */
  public static Server start(
      ServerGateway.Port port, HttpService service, ConnectionLimits limits, Runnable afterwards) {
    GatewayConnections connections = new GatewayConnections();
    ConnectionSetup setup = new ConnectionSetup(port.attributes(), service, limits, connections);
    return new GatewayServer(
        port.start(GatewayCredentials.of(port.credentials(), setup)), connections, afterwards);
  }

  @Override
  public Server start() {
    throw new IllegalStateException("it has started");
  }

  @Override
  public int getPort() {
    return grpc.getPort();
  }

  @Override
  public List<? extends SocketAddress> getListenSockets() {
    return grpc.getListenSockets();
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return grpc.getServices();
  }

  @Override
  public List<ServerServiceDefinition> getImmutableServices() {
    return grpc.getImmutableServices();
  }

  @Override
  public List<ServerServiceDefinition> getMutableServices() {
    return grpc.getMutableServices();
  }

  @Override
  public Server shutdown() {
    // The port first, so that nobody who is sent away comes back.
    grpc.shutdown();
    connections.drain();
    return this;
  }

  @Override
  public Server shutdownNow() {
    grpc.shutdownNow();
    connections.cut();
    afterwards.run();
    return this;
  }

  @Override
  public boolean isShutdown() {
    return grpc.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return grpc.isTerminated() && connections.isEmpty();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    long end = System.nanoTime() + unit.toNanos(timeout);
    boolean ended =
        grpc.awaitTermination(timeout, unit)
            && connections.awaitEmpty(Math.max(0, end - System.nanoTime()));
    if (ended) {
      afterwards.run();
    }
    return ended;
  }

  @Override
  public void awaitTermination() throws InterruptedException {
    grpc.awaitTermination();
    boolean unused = connections.awaitEmpty(-1);
    afterwards.run();
  }
}
