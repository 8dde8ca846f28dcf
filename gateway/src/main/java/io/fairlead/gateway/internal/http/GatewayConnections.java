package io.fairlead.gateway.internal.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashSet;
import java.util.Set;

/**
 * The connections of HTTP/1.1 of one server, which grpc-java does not know. Safe for use by many
 * threads; the set is guarded by the monitor.
 */
final class GatewayConnections {
  @GuardedBy("this")
  private final Set<Http1Connection> open = new HashSet<>();

  @GuardedBy("this")
  private boolean draining;

  @GuardedBy("this")
  private boolean cut;

  /** Adds a connection; false if the server is closing, and wants no more. */
  synchronized boolean add(Http1Connection connection) {
    if (draining) {
      return false;
    }
    open.add(connection);
    return true;
  }

  /** Tells a connection that can be told from here on what it has missed. */
  void ready(Http1Connection connection) {
    boolean end;
    boolean now;
    synchronized (this) {
      end = draining;
      now = cut;
    }
    if (now) {
      connection.cut();
    } else if (end) {
      connection.drain();
    }
  }

  synchronized void remove(Http1Connection connection) {
    open.remove(connection);
    if (open.isEmpty()) {
      notifyAll();
    }
  }

  /** Closes those that are idle, and the others after their response. */
  void drain() {
    Set<Http1Connection> now;
    synchronized (this) {
      draining = true;
      now = new HashSet<>(open);
    }
    now.forEach(Http1Connection::drain);
  }

  /** Closes all at once. */
  void cut() {
    Set<Http1Connection> now;
    synchronized (this) {
      draining = true;
      cut = true;
      now = new HashSet<>(open);
    }
    now.forEach(Http1Connection::cut);
  }

  synchronized boolean isEmpty() {
    return open.isEmpty();
  }

  /** Waits until there is none; false if the time was up first. Negative waits without end. */
  synchronized boolean awaitEmpty(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (!open.isEmpty()) {
      if (nanos < 0) {
        wait();
        continue;
      }
      long millis = (end - System.nanoTime() + 999_999) / 1_000_000;
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }
}
