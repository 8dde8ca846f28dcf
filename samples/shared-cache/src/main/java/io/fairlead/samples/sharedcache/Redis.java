package io.fairlead.samples.sharedcache;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Redis in a process of its own, without files. */
public final class Redis implements AutoCloseable {
  private final List<String> command;
  private final int port;
  private Process process;

  private Redis(List<String> command, int port) throws IOException {
    this.command = command;
    this.port = port;
    this.process = launch();
  }

  /** Starts one on a free port, without TLS. */
  static Redis start() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    return start(port, "--port", "" + port);
  }

  /**
   * Starts one, and waits until it takes connections.
   *
   * @param port the one that the settings name
   * @param settings beside those that keep it from the disk and from other machines
   * @throws IOException if there is no redis-server, or it does not start; the message has its
   *     output
   */
  public static Redis start(int port, String... settings) throws IOException {
    List<String> command = new ArrayList<>();
    Collections.addAll(
        command, "redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no");
    Collections.addAll(command, settings);
    return new Redis(command, port);
  }

  private Process launch() throws IOException {
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> said = new ArrayList<>();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      said.add(line);
      if (line.contains("Ready to accept connections")) {
        return started;
      }
    }
    started.destroyForcibly();
    throw new IOException("redis-server ended: " + String.join("\n", said));
  }

  /** Starts it again, on the same port and without what it had. */
  public void startAgain() throws IOException {
    process = launch();
  }

  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Stops the process where it is: connections stand, and nobody answers. */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets it go on. */
  void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
    if (code != 0) {
      throw new IOException("kill -" + name + " gave " + code);
    }
  }

  /** Ends it at once; it may be ended already. */
  public void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("redis-server does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }
}
