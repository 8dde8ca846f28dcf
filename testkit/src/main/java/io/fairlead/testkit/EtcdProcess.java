package io.fairlead.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One run of etcd. Its output goes to a file, and says when it serves. */
final class EtcdProcess {
  private static final String SERVES = "ready to serve client requests";
  private static final int START_SECONDS = 60;
  private static final int FIRST_LINES = 5;
  private static final int LAST_LINES = 20;

  private final Process process;
  private final Path log;
  private final CompletableFuture<Boolean> serves = new CompletableFuture<>();

  private EtcdProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Returns when it serves. */
  static EtcdProcess start(Iterable<String> command, Path log) {
    ProcessBuilder builder = new ProcessBuilder().redirectErrorStream(true);
    command.forEach(builder.command()::add);
    try {
      EtcdProcess etcd = new EtcdProcess(builder.start(), log);
      Thread reader = new Thread(etcd::read, "etcd-output");
      reader.setDaemon(true);
      reader.start();
      etcd.awaitStart();
      return etcd;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command, e);
    }
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("etcd does not end, not even by SIGKILL");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void signal(String name) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("kill -" + name + " " + process.pid() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot send SIG" + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitStart() {
    try {
      if (!serves.get(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("etcd ended instead of serving:\n" + output());
      }
    } catch (TimeoutException e) {
      kill();
      throw new IllegalStateException(
          "etcd does not serve within " + START_SECONDS + "s:\n" + output(), e);
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while etcd started", e);
    } catch (ExecutionException e) {
      kill();
      throw new IllegalStateException("Cannot read etcd's output", e);
    }
  }

  private void read() {
    try (BufferedReader lines = process.inputReader();
        var writer = Files.newBufferedWriter(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        writer.write(line);
        writer.newLine();
        writer.flush();
        if (line.contains(SERVES)) {
          serves.complete(true);
        }
      }
      serves.complete(false);
    } catch (IOException e) {
      // After the start nobody waits for this any more: the process was killed.
      serves.completeExceptionally(e);
    }
  }

  /** The first lines may name a wrong argument, the last ones what ended it. */
  private String output() {
    List<String> lines;
    try {
      lines = Files.readAllLines(log);
    } catch (IOException e) {
      return "(its output in " + log + " cannot be read: " + e + ")";
    }
    if (lines.size() <= FIRST_LINES + LAST_LINES) {
      return String.join("\n", lines);
    }
    return String.join("\n", lines.subList(0, FIRST_LINES))
        + "\n…\n"
        + String.join("\n", lines.subList(lines.size() - LAST_LINES, lines.size()));
  }
}
