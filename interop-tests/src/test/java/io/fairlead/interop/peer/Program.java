package io.fairlead.interop.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of a {@link Peer}. What it prints goes to a file in {@code target/peers/logs} and can be
 * waited for. It is killed when closed, and at the latest when this JVM ends.
 */
public final class Program implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path LOGS = Path.of("target", "peers", "logs").toAbsolutePath();
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
  private static final Pattern PORT =
      Pattern.compile("(?i)listening on (?:port )?(?:\\S*:)?(\\d+)");

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Commands::kill), "peers-reaper"));
  }

  private final String name;
  private final Process process;
  private final Path log;
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  private Program(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  static Program start(
      String name, Path folder, Map<String, String> environment, List<String> command) {
    try {
      Files.createDirectories(LOGS);
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Path log =
          LOGS.resolve(
              name.replaceAll("[^A-Za-z0-9]+", "-") + "-" + RUNS.incrementAndGet() + ".log");
      Program program = new Program(name, builder.start(), log);
      RUNNING.add(program.process);
      Thread reader = new Thread(program::read, name + "-output");
      reader.setDaemon(true);
      reader.start();
      return program;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command, e);
    }
  }

  /** The port that it says it is {@code listening on}; waits for that line. */
  public int port() {
    return Integer.parseInt(await(PORT).group(1));
  }

  /** Waits for a line, among those printed already too, in which the pattern is found. */
  public Matcher await(Pattern pattern) {
    return await(pattern, 0);
  }

  /** As {@link #await(Pattern)}, but not among the first {@code skip} lines. */
  public synchronized Matcher await(Pattern pattern, int skip) {
    long end = System.nanoTime() + LIMIT.toNanos();
    int next = skip;
    while (true) {
      for (; next < lines.size(); next++) {
        Matcher matcher = pattern.matcher(lines.get(next));
        if (matcher.find()) {
          return matcher;
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (ended || left <= 0) {
        throw new AssertionError(
            name
                + (ended ? " ended" : " did not for " + LIMIT)
                + " without saying "
                + pattern
                + "; it said:\n"
                + String.join("\n", lines));
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for " + name, e);
      }
    }
  }

  /** What it has printed by now. */
  public synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** Says a line to it. */
  public void say(String line) {
    try {
      Writer input = process.outputWriter();
      input.write(line + "\n");
      input.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " does not listen", e);
    }
  }

  /** Asks it to end, as SIGTERM does, and waits until it has. It has printed everything then. */
  public void terminate() {
    // Process.destroy() would close what it prints to.
    process.toHandle().destroy();
    awaitEnd();
    synchronized (this) {
      try {
        while (!ended) {
          wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for " + name, e);
      }
    }
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(name + " does not end; it said:\n" + String.join("\n", lines()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Kills it and what it started. */
  @Override
  public void close() {
    Commands.kill(process);
    RUNNING.remove(process);
    awaitEnd();
  }

  @Override
  public String toString() {
    return name + " [" + process.pid() + ", " + log + "]";
  }

  private void read() {
    try (BufferedReader reader = process.inputReader();
        Writer writer = Files.newBufferedWriter(log)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        writer.write(line + "\n");
        writer.flush();
        synchronized (this) {
          lines.add(line);
          notifyAll();
        }
      }
    } catch (IOException e) {
      // Killed in the middle of a line. Whoever waits for one is told that it ended.
      synchronized (this) {
        lines.add("(" + e + ")");
      }
    } finally {
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }
}
