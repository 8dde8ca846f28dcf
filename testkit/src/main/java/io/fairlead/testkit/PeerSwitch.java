package io.fairlead.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands before the port on which a member of an etcd cluster hears the others, and refuses those
 * that it is told to. A member has one address for all of its peers, so the sender is known by the
 * header that every stream between members begins with.
 */
final class PeerSwitch implements AutoCloseable {
  private static final Pattern SENDER = Pattern.compile("(?i)X-Server-From: *([0-9a-f]+)");
  private static final int HEAD_BYTES = 16 * 1024;

  private record Connection(String sender, Socket peer, Socket member) {
    void close() {
      closeQuietly(peer);
      closeQuietly(member);
    }
  }

  private final ServerSocket listener;
  private final int memberPort;

  // Both under this monitor.
  @GuardedBy("this")
  private final List<Connection> connections = new ArrayList<>();

  /** By the sender's id, in hexadecimal; empty where a connection does not say. */
  @GuardedBy("this")
  private Predicate<String> refused = sender -> false;

  PeerSwitch(int memberPort) {
    this.memberPort = memberPort;
    try {
      this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("No free port", e);
    }
    start("peer-switch-" + port(), this::acceptAll);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Refuses these from now on, and ends their connections. */
  synchronized void refuse(Predicate<String> senders) {
    refused = senders;
    connections.removeIf(
        one -> {
          boolean over = senders.test(one.sender());
          if (over) {
            one.close();
          }
          return over;
        });
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        Socket peer = listener.accept();
        start("peer-switch-connection", () -> serve(peer));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket peer) {
    try {
      byte[] head = readHead(peer.getInputStream());
      Matcher matcher = SENDER.matcher(new String(head, StandardCharsets.ISO_8859_1));
      Socket member = new Socket(InetAddress.getLoopbackAddress(), memberPort);
      Connection connection = new Connection(matcher.find() ? matcher.group(1) : "", peer, member);
      if (!admit(connection)) {
        connection.close();
        return;
      }
      member.getOutputStream().write(head);
      start("peer-switch-answers", () -> pump(connection, member, peer));
      pump(connection, peer, member);
    } catch (IOException e) {
      closeQuietly(peer);
    }
  }

  private synchronized boolean admit(Connection connection) {
    return !refused.test(connection.sender()) && connections.add(connection);
  }

  /** As far as the empty line, or the end. */
  private static byte[] readHead(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int last = 0; head.size() < HEAD_BYTES; ) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      head.write(next);
      last = last << 8 | next;
      if (last == 0x0d0a0d0a) {
        break;
      }
    }
    return head.toByteArray();
  }

  private void pump(Connection connection, Socket from, Socket to) {
    try {
      OutputStream out = to.getOutputStream();
      from.getInputStream().transferTo(out);
    } catch (IOException over) {
      // Ended below.
    }
    connection.close();
    synchronized (this) {
      connections.remove(connection);
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close " + listener, e);
    }
    refuse(sender -> true);
  }
}
