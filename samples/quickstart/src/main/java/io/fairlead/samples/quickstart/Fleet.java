package io.fairlead.samples.quickstart;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/** The instances: real processes of this machine, each with its own log file. */
final class Fleet implements AutoCloseable {
  private final Map<String, Process> processes = new ConcurrentSkipListMap<>();
  private final String etcd;
  private final Path logs;

  Fleet(String etcd, Path logs) {
    this.etcd = etcd;
    this.logs = logs;
  }

  void start(String id) {
    File log = logs.resolve(id + ".log").toFile();
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            ModelServer.class.getName(),
            id,
            etcd);
    java.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    try {
      Files.createDirectories(logs);
      processes.put(id, java.start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + id, e);
    }
  }

  /** Kills it so that it has no chance to deregister. */
  void kill(String id) {
    process(id).destroyForcibly();
  }

  /** Asks it to leave in good order. */
  void drain(String id) {
    process(id).destroy();
  }

  boolean isAlive(String id) {
    Process process = processes.get(id);
    return process != null && process.isAlive();
  }

  Path log(String id) {
    return logs.resolve(id + ".log");
  }

  private Process process(String id) {
    Process process = processes.get(id);
    if (process == null) {
      throw new IllegalArgumentException("no instance " + id + " was started");
    }
    return process;
  }

  /** Twice does no harm: a person who ends the quickstart early must find no process left. */
  @Override
  public void close() {
    processes.values().forEach(Process::destroy);
    for (Process process : processes.values()) {
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
