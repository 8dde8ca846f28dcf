package io.fairlead.server;

import com.google.protobuf.StringValue;
import io.fairlead.contract.EchoRpc;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A server in a process of its own, so that it can die. It answers with its name; the request
 * "hold" it holds until it is told to let go. It ends with the process that started it.
 */
final class ServedProcess implements AutoCloseable {
  private static final String LET_GO = "let go";

  private final Process process;
  private final BufferedReader output;
  private final int port;

  private ServedProcess(Process process, BufferedReader output, int port) {
    this.process = process;
    this.output = output;
    this.port = port;
  }

  static ServedProcess start(String name) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")),
                    ServedProcess.class.getName(),
                    name))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    if (line == null || !line.startsWith("port ")) {
      process.destroyForcibly();
      throw new IOException("the server " + name + " did not start; it said " + line);
    }
    return new ServedProcess(process, output, Integer.parseInt(line.substring(5)));
  }

  /** The process itself; see {@link ServedProcess}. */
  public static void main(String[] arguments) throws IOException {
    String name = arguments[0];
    CountDownLatch over = new CountDownLatch(1);
    io.fairlead.contract.Echo handler =
        new io.fairlead.contract.Echo() {
          @Override
          public StringValue say(StringValue request) {
            if (request.getValue().equals("hold")) {
              tell("held");
              await(over);
            }
            return StringValue.of(name);
          }
        };
    RpcServer server =
        RpcServer.builder(name)
            .host("127.0.0.1")
            .service(EchoRpc.bind(handler))
            .shutdownHook()
            .start();
    tell("port " + server.port());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (line.equals(LET_GO)) {
        over.countDown();
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static void tell(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  int port() {
    return port;
  }

  /** Waits until a call is held. */
  void awaitHeld() throws IOException {
    String line = output.readLine();
    if (!"held".equals(line)) {
      throw new IOException("the server said " + line);
    }
  }

  void letGo() throws IOException {
    process.getOutputStream().write((LET_GO + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Asks it to end, as an operating system does; its streams stay open. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Kills it, so that it has no time to deregister. */
  void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  int awaitExit() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the process " + process.pid() + " does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    kill();
    try {
      output.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
