package io.fairlead.client.internal;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, which can be stopped in its tracks. */
final class StoppableServer implements AutoCloseable {
  private final Process process;
  private final int port;

  private StoppableServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** The process: says its port, serves until its parent is gone. */
  public static void main(String[] args) throws IOException {
    ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
    System.out.println(server.port());
    while (System.in.read() >= 0) {
      // Nothing is said to it; the end of the stream is the end of the parent.
    }
    server.close();
  }

  static StoppableServer start() throws IOException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    Process process =
        new ProcessBuilder(
                List.of(
                    java,
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    StoppableServer.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String said = out.readLine();
    if (said == null) {
      throw new IOException("the server's process ended before it said its port");
    }
    return new StoppableServer(process, Integer.parseInt(said));
  }

  int port() {
    return port;
  }

  /** SIGSTOP: its sockets stay open, and nothing is answered. */
  void stop() throws Exception {
    signal("STOP");
  }

  /** It goes on where it was. */
  void resume() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
    if (!kill.waitFor(30, TimeUnit.SECONDS) || kill.exitValue() != 0) {
      throw new IOException("kill -" + name + " " + process.pid() + " failed");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
