package io.fairlead.testkit;

import io.fairlead.testkit.FaultyProxy.Direction;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One client's connection and the one to the server that belongs to it. */
final class ProxyConnection {
  private final FaultyProxy proxy;
  private final Socket client;
  private final Socket server;
  private final ProxyPump toServer;
  private final ProxyPump toClient;
  private final AtomicInteger directionsOpen = new AtomicInteger(2);
  private final AtomicBoolean abandoned = new AtomicBoolean();

  ProxyConnection(FaultyProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
    toServer = new ProxyPump(this, client, server, proxy.faults(Direction.TO_SERVER));
    toClient = new ProxyPump(this, server, client, proxy.faults(Direction.TO_CLIENT));
  }

  void start() {
    toServer.start("to-server-" + client.getPort());
    toClient.start("to-client-" + client.getPort());
  }

  boolean isAbandoned() {
    return abandoned.get();
  }

  /** Resets the server's side and keeps the client's, in silence. */
  void abandon() {
    abandoned.set(true);
    resetQuietly(server);
  }

  /** One direction saw its end and passed it on. */
  void directionEnded() {
    if (directionsOpen.decrementAndGet() == 0) {
      reset();
    }
  }

  /** A socket failed: the other end learns of it, unless the connection was abandoned. */
  void failed() {
    if (!abandoned.get()) {
      reset();
    }
  }

  void reset() {
    resetQuietly(client);
    resetQuietly(server);
    toServer.stop();
    toClient.stop();
    proxy.closed(this);
  }

  static void resetQuietly(Socket socket) {
    try {
      if (!socket.isClosed()) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    } catch (IOException e) {
      // Already gone, which is what we want.
    }
  }
}
