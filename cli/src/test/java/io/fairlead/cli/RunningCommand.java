package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicInteger;

/** A command that runs until it is stopped, on a thread of its own. */
final class RunningCommand implements AutoCloseable {
  private final BufferedReader lines;
  private final AtomicInteger exit = new AtomicInteger(-1);
  private final Thread thread;

  /** Starts it. */
  RunningCommand(Cli cli, String... args) throws IOException {
    PipedOutputStream pipe = new PipedOutputStream();
    lines = new BufferedReader(new InputStreamReader(new PipedInputStream(pipe, 1 << 16), UTF_8));
    PrintStream out = new PrintStream(pipe, true, UTF_8);
    PrintStream err = new PrintStream(OutputStream.nullOutputStream(), true, UTF_8);
    thread = new Thread(() -> exit.set(cli.run(out, err, args)), "fairlead");
    thread.start();
  }

  /** Waits for its next line. */
  String line() throws IOException {
    return lines.readLine();
  }

  /** Stops it as Ctrl-C does, and returns its exit code. */
  int stop() throws InterruptedException {
    thread.interrupt();
    thread.join();
    return exit.get();
  }

  @Override
  public void close() {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
