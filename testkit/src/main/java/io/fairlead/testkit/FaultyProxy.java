package io.fairlead.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on the loopback interface that breaks when told: it can cut, refuse, delay, swallow
 * and half-open connections between a client and a server. Faults hold for present and coming
 * connections until {@link #heal()}.
 *
 * <p>All methods are safe from any thread. Whoever starts it closes it.
 */
public final class FaultyProxy implements AutoCloseable {
  /** Which way bytes go. */
  public enum Direction {
    /** What the client sends. */
    TO_SERVER,
    /** What the server sends. */
    TO_CLIENT
  }

  private final InetSocketAddress target;
  private final InetSocketAddress address;
  private final LinkFaults toServer = new LinkFaults();
  private final LinkFaults toClient = new LinkFaults();
  private final Set<ProxyConnection> open = ConcurrentHashMap.newKeySet();
  private final Object lock = new Object();

  @GuardedBy("lock")
  private @Nullable ServerSocket listener;

  @GuardedBy("lock")
  private @Nullable Socket portKeeper;

  @GuardedBy("lock")
  private int accepted;

  @GuardedBy("lock")
  private boolean closed;

  private FaultyProxy(InetSocketAddress target) throws IOException {
    this.target = target;
    this.listener = listen(0);
    this.address = (InetSocketAddress) listener.getLocalSocketAddress();
    acceptFrom(listener);
  }

  /** Starts a proxy on a free port of the loopback interface, in front of {@code host:port}. */
  public static FaultyProxy to(String host, int port) {
    return to(new InetSocketAddress(host, port));
  }

  /** Starts a proxy on a free port of the loopback interface, in front of {@code target}. */
  public static FaultyProxy to(InetSocketAddress target) {
    try {
      return new FaultyProxy(target);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start a proxy to " + target, e);
    }
  }

  /** Returns where clients connect to. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns the port that clients connect to. */
  public int port() {
    return address.getPort();
  }

  /** Returns where clients connect to, as {@code host:port}. */
  public String authority() {
    return address.getAddress().getHostAddress() + ":" + port();
  }

  /** Resets every open connection, at both ends. New ones may come. */
  public void cut() {
    open.forEach(ProxyConnection::reset);
  }

  /**
   * Resets the connection over which the next {@code bytes} of this direction have been carried.
   */
  public void cutAfter(Direction direction, long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("Cut after at least one byte, not " + bytes);
    }
    faults(direction).cutAfter(bytes);
  }

  /** Refuses new connections, as a machine does where nobody listens. Open ones live on. */
  public void refuse() {
    synchronized (lock) {
      if (listener == null) {
        return;
      }
      closeQuietly(listener);
      listener = null;
      portKeeper = keep(address);
    }
  }

  /** Accepts new connections again after {@link #refuse()}, on the same port. */
  public void accept() {
    synchronized (lock) {
      if (listener != null || closed) {
        return;
      }
      if (portKeeper != null) {
        closeQuietly(portKeeper);
        portKeeper = null;
      }
      try {
        listener = listen(address.getPort());
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot listen again on " + address, e);
      }
      acceptFrom(listener);
    }
  }

  /** Lets bytes of this direction arrive later by {@code delay}, in order. Zero ends it. */
  public void delay(Direction direction, Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException(
          "A delay must not be negative: " + DurationText.format(delay));
    }
    faults(direction).delay(delay.toNanos());
  }

  /**
   * Lets nothing through in this direction, nor the news that a connection closed. As with lost
   * packets that TCP sends again, nothing is lost: what was held flows on after {@link #heal()}.
   */
  public void blackHole(Direction direction) {
    faults(direction).hold();
  }

  /** Does {@link #blackHole(Direction)} in both directions. */
  public void blackHole() {
    blackHole(Direction.TO_SERVER);
    blackHole(Direction.TO_CLIENT);
  }

  /**
   * Leaves every open connection half-open: the server's side is reset, while the client is not
   * told and what it sends vanishes, for good. So looks a server whose machine lost its power.
   */
  public void abandon() {
    open.forEach(ProxyConnection::abandon);
  }

  /** Ends all faults: connections are accepted, held bytes flow, nothing is delayed or counted. */
  public void heal() {
    accept();
    toServer.heal();
    toClient.heal();
  }

  /** Returns how many connections are open. */
  public int connections() {
    return open.size();
  }

  /** Returns how many connections were ever accepted. */
  public int accepted() {
    synchronized (lock) {
      return accepted;
    }
  }

  /** Returns how many bytes were carried in this direction, over all connections. */
  public long bytes(Direction direction) {
    return faults(direction).carried();
  }

  /**
   * Waits until {@code count} connections were ever accepted.
   *
   * @throws AssertionError when that takes longer than {@code limit}
   */
  public void awaitAccepted(int count, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    synchronized (lock) {
      while (accepted < count) {
        long millis = (end - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
          throw new AssertionError(
              accepted
                  + (accepted == 1 ? " connection" : " connections")
                  + " came within "
                  + DurationText.format(limit)
                  + ", not "
                  + count);
        }
        lock.wait(millis);
      }
    }
  }

  /** Stops listening and resets what is open. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (listener != null) {
        closeQuietly(listener);
        listener = null;
      }
      if (portKeeper != null) {
        closeQuietly(portKeeper);
        portKeeper = null;
      }
    }
    cut();
  }

  LinkFaults faults(Direction direction) {
    return direction == Direction.TO_SERVER ? toServer : toClient;
  }

  void closed(ProxyConnection connection) {
    open.remove(connection);
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      bindPatiently(
          () -> socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** A bound socket that does not listen: the port stays ours, and who connects is refused. */
  private static Socket keep(InetSocketAddress address) {
    Socket socket = new Socket();
    try {
      socket.setReuseAddress(true);
      bindPatiently(() -> socket.bind(address));
      return socket;
    } catch (IOException e) {
      closeQuietly(socket);
      throw new UncheckedIOException("Cannot keep the port of " + address, e);
    }
  }

  private interface Bind {
    void run() throws IOException;
  }

  /** The kernel lets go of a closed listener only when the thread in its accept has woken up. */
  private static void bindPatiently(Bind bind) throws IOException {
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (true) {
      try {
        bind.run();
        return;
      } catch (BindException e) {
        if (System.nanoTime() - end > 0) {
          throw e;
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private void acceptFrom(ServerSocket from) {
    ProxyThreads.start("accept-" + from.getLocalPort(), () -> acceptLoop(from));
  }

  private void acceptLoop(ServerSocket from) {
    while (true) {
      Socket client;
      try {
        client = from.accept();
      } catch (IOException e) {
        return; // refused or closed: the socket was closed under us
      }
      connect(client);
    }
  }

  /** The connection is known before the server sees it, so that a fault then set finds it. */
  private void connect(Socket client) {
    Socket server = new Socket();
    ProxyConnection connection = new ProxyConnection(this, client, server);
    open.add(connection);
    try {
      server.connect(target);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      connection.start();
    } catch (IOException e) {
      connection.reset(); // to the client, a server that is away looks like this
    }
    count();
    synchronized (lock) {
      if (!closed) {
        return;
      }
    }
    connection.reset();
  }

  private void count() {
    synchronized (lock) {
      accepted++;
      lock.notifyAll();
    }
  }

  private static void closeQuietly(java.io.Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "FaultyProxy[" + authority() + " -> " + target + ", " + open.size() + " open]";
  }
}
