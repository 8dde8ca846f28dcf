package io.fairlead.interop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** For servers of others that want to be told their port, and do not say when they serve. */
public final class Ports {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private Ports() {}

  /** One that is free now. */
  public static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("No free port", e);
    }
  }

  /** Returns when somebody accepts connections there. */
  public static void awaitAccepting(int port, Program by) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!accepts(port)) {
      if (System.nanoTime() > end || !by.isAlive()) {
        throw new AssertionError(
            by + " does not accept on port " + port + ":\n" + String.join("\n", by.lines()));
      }
      // There is nothing to wait for but the port itself.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
