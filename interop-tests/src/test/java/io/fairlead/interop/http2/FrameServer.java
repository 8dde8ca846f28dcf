package io.fairlead.interop.http2;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Plays a script with each connection. Whoever starts it closes it. */
final class FrameServer implements AutoCloseable {
  /** What the server does with a connection. It returns when it has seen all that it wants. */
  interface Script {
    void play(FrameConnection connection, int number) throws Exception;
  }

  private final ServerSocket listener;
  private final Script script;
  private final AtomicInteger connections = new AtomicInteger();
  private final CompletableFuture<Void> played = new CompletableFuture<>();

  private FrameServer(ServerSocket listener, Script script) {
    this.listener = listener;
    this.script = script;
  }

  static FrameServer start(Script script) throws IOException {
    ServerSocket listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    FrameServer server = new FrameServer(listener, script);
    Thread thread = new Thread(server::accept, "frame-server");
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  String target() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  int connections() {
    return connections.get();
  }

  /** Waits until a script has come to its end, and fails as it failed. */
  void awaitPlayed() throws InterruptedException, TimeoutException, ExecutionException {
    played.get(1, TimeUnit.MINUTES);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        int number = connections.incrementAndGet();
        Thread thread = new Thread(() -> serve(socket, number), "frame-server-" + number);
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      FrameConnection connection = new FrameConnection(socket);
      script.play(connection, number);
      played.complete(null);
      // The client's turn to leave; until then it is answered.
      while (true) {
        connection.nextRequest();
      }
    } catch (Exception | AssertionError e) {
      // After the script it is the client that left.
      played.completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
