package io.fairlead.internal.transport;

import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import io.netty.channel.Channel;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the open connections of a server, in all and by address, and refuses those beyond its
 * limits before they cost a handshake.
 *
 * <p>The port's loop admits connections, and the loop of each takes it out again when it closes:
 * the map and the counter are for many threads. One for each server.
 */
public final class ConnectionGate {
  private static final System.Logger LOG = System.getLogger(ConnectionGate.class.getName());

  private final String server;
  private final int most;
  private final int mostOfPeer;
  private final Duration handshakeTimeout;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentMap<Object, Integer> openByPeer = new ConcurrentHashMap<>();
  private final LogThrottle throttle = new LogThrottle(System::nanoTime);

  /**
   * @param server for the log
   * @param handshakeTimeout for the guard of each connection
   */
  public ConnectionGate(
      String server, OptionalInt most, OptionalInt mostOfPeer, Duration handshakeTimeout) {
    this.server = server;
    this.most = most.orElse(Integer.MAX_VALUE);
    this.mostOfPeer = mostOfPeer.orElse(Integer.MAX_VALUE);
    this.handshakeTimeout = handshakeTimeout;
  }

  /** Returns the guard of one admitted connection. */
  FrameGuard guard() {
    return new FrameGuard(handshakeTimeout, System::nanoTime);
  }

  /** Counts the connection until it closes. Returns false, and closes it, if it is one too many. */
  boolean admit(Channel connection) {
    Object peer = peer(connection.remoteAddress());
    int all = open.incrementAndGet();
    int ofPeer = openByPeer.merge(peer, 1, Integer::sum);
    if (all <= most && ofPeer <= mostOfPeer) {
      connection.closeFuture().addListener(closed -> remove(peer));
      return true;
    }
    remove(peer);
    // It belongs to no loop yet, so it cannot be closed in the ordinary way.
    connection.unsafe().closeForcibly();
    long before = throttle.admit();
    if (before >= 0) {
      LOG.log(
          Level.WARNING,
          "server {0} refused a connection of {1}: {2}{3}",
          server,
          peer,
          all > most
              ? most + " are open, its maxConnections"
              : mostOfPeer + " of that address are open, its maxConnectionsPerPeer",
          before == 0 ? "" : "; so it did with " + Plural.of(before, "other") + " before it");
    }
    return false;
  }

  private void remove(Object peer) {
    open.decrementAndGet();
    openByPeer.computeIfPresent(peer, (key, count) -> count == 1 ? null : count - 1);
  }

  private static Object peer(SocketAddress address) {
    // A connection that has closed meanwhile has no address.
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "an unknown address";
  }
}
