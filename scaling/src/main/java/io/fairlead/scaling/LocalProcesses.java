package io.fairlead.scaling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Instances as processes of this machine: for demonstrations, and for services that need no more
 * than one machine.
 *
 * <pre>{@code
 * Actuator processes =
 *     LocalProcesses.builder("inventory", "java", "-cp", classPath, "shop.InventoryServer", "{id}")
 *         .logs(Path.of("logs"))
 *         .build();
 * }</pre>
 *
 * <p>No instance outlives this process, not even if it is killed with -9: a small shell beside each
 * instance waits on a pipe from here, and ends the instance when the pipe does. So it takes a POSIX
 * system with {@code /bin/sh}.
 *
 * <p>The code that makes it closes it, which stops all instances.
 */
public final class LocalProcesses implements Actuator {
  private static final System.Logger LOG = System.getLogger("io.fairlead.scaling");

  /**
   * Becomes the instance, with a watcher beside it. The watcher reads a pipe that only this process
   * writes to, so it comes to the end when this process is gone, in whatever way. Then it ends the
   * instance, which has the pid of the shell. On Linux it looks first whether that pid still is the
   * instance, by the time of its start.
   */
  private static final String WITH_WATCHER =
      """
      seconds=$1
      shift
      started() {
        line=$(cat "/proc/$1/stat" 2>/dev/null) || { echo unknown; return; }
        set -- ${line##*)}
        shift 19
        echo "$1"
      }
      exec 3<&0
      {
        trap '' HUP INT QUIT TERM
        begun=$(started $$)
        cat <&3
        exec 3<&-
        is_there() { kill -0 $$ 2>/dev/null && [ "$(started $$)" = "$begun" ]; }
        if is_there; then
          kill -TERM $$
          while [ "$seconds" -gt 0 ] && is_there; do
            sleep 1
            seconds=$((seconds - 1))
          done
          is_there && kill -KILL $$
        fi
      } >/dev/null 2>&1 &
      exec "$@" 3<&- </dev/null
      """;

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final @Nullable Path logs;
  private final Duration stopTimeout;
  private final FencingGuard guard = new FencingGuard(null);

  /** Part of each id, so that ids of an earlier process of the same name are not used again. */
  private final String series = Long.toString(System.currentTimeMillis() % 60_466_176, 36);

  /** By id, those that were not told to stop; guarded by this object's lock, as all below. */
  private final Map<String, Process> running = new LinkedHashMap<>();

  /** Those that were, until they have ended. */
  private final Map<String, Process> ending = new TreeMap<>();

  private int number;
  private boolean closed;

  private LocalProcesses(Builder builder) {
    this.name = builder.name;
    this.command = builder.command;
    this.environment = Map.copyOf(builder.environment);
    this.logs = builder.logs;
    this.stopTimeout = builder.stopTimeout;
  }

  /**
   * Starts to describe instances.
   *
   * @param name begins each id; letters, digits, dots and hyphens
   * @param command program and arguments; {@code {id}} in them stands for the id of the instance
   */
  public static Builder builder(String name, String... command) {
    return new Builder(name, List.of(command));
  }

  @Override
  public synchronized List<String> instances() {
    return List.copyOf(running.keySet());
  }

  /** Returns the processes of the instances that were not told to stop, by id. */
  public synchronized Map<String, ProcessHandle> processes() {
    Map<String, ProcessHandle> handles = new LinkedHashMap<>();
    running.forEach((id, process) -> handles.put(id, process.toHandle()));
    return handles;
  }

  @Override
  public void start(int count, Order order) throws IOException {
    guard.run(
        order,
        () -> {
          for (int i = 0; i < count; i++) {
            start();
          }
        });
  }

  private synchronized void start() throws IOException {
    if (closed) {
      throw new IOException("the processes of " + name + " are closed; none is started any more");
    }
    String id = name + "-" + series + "-" + ++number;
    List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", WITH_WATCHER, "sh"));
    line.add(Long.toString(Math.max(1, stopTimeout.toSeconds())));
    command.forEach(word -> line.add(word.replace("{id}", id)));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Redirect output = Redirect.DISCARD;
    if (logs != null) {
      Files.createDirectories(logs);
      output = Redirect.appendTo(logs.resolve(id + ".log").toFile());
    }
    Process process;
    try {
      process = builder.redirectOutput(output).start();
    } catch (IOException e) {
      throw new IOException("instance " + id + " cannot be started: " + e.getMessage(), e);
    }
    running.put(id, process);
    // The pipe stays open: its end is what the watcher waits for.
    var unused = process.onExit().thenAccept(ended -> ended(id, ended));
    LOG.log(Level.DEBUG, "instance {0} started, pid {1}", id, Long.toString(process.pid()));
  }

  private void ended(String id, Process process) {
    boolean expected;
    synchronized (this) {
      expected = running.remove(id) == null;
      ending.remove(id);
    }
    if (!expected) {
      LOG.log(
          Level.WARNING,
          "instance {0} has ended by itself with status {1}; {2}",
          id,
          process.exitValue(),
          logs == null
              ? "set logs(folder) to keep what it says"
              : "see " + logs.resolve(id + ".log"));
    }
  }

  @Override
  public void stop(List<String> ids, Order order) throws IOException {
    guard.run(order, () -> ids.forEach(this::stop));
  }

  private void stop(String id) {
    Process process;
    synchronized (this) {
      process = running.remove(id);
      if (process == null) {
        return;
      }
      if (process.isAlive()) {
        ending.put(id, process);
      }
    }
    // Not destroy(), which also closes the pipe: the watcher would send a second signal.
    boolean unusedSent = process.toHandle().destroy();
    var unused =
        process
            .onExit()
            .orTimeout(stopTimeout.toMillis(), TimeUnit.MILLISECONDS)
            .exceptionally(
                late -> {
                  LOG.log(
                      Level.WARNING,
                      "instance {0} has not ended within {1} and is killed",
                      id,
                      stopTimeout);
                  return process.destroyForcibly();
                });
  }

  /** Stops all instances, and waits until they have ended. */
  @Override
  public void close() {
    List<Process> last = new ArrayList<>();
    synchronized (this) {
      closed = true;
      List.copyOf(running.keySet()).forEach(this::stop);
      last.addAll(ending.values());
    }
    for (Process process : last) {
      try {
        process.onExit().get(stopTimeout.toMillis() + 5_000, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        last.forEach(Process::destroyForcibly);
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException | TimeoutException e) {
        process.destroyForcibly();
      }
    }
  }

  @Override
  public String toString() {
    return "LocalProcesses[" + name + "]";
  }

  /** Collects what the processes are to be. Not safe for use by several threads. */
  public static final class Builder {
    private final String name;
    private final List<String> command;
    private final Map<String, String> environment = new TreeMap<>();
    private @Nullable Path logs;
    private Duration stopTimeout = Duration.ofSeconds(30);

    private Builder(String name, List<String> command) {
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9.-]*")) {
        throw new IllegalArgumentException(
            "the name \""
                + name
                + "\" is no beginning of an id; use letters, digits, dots and hyphens");
      }
      if (command.isEmpty()) {
        throw new IllegalArgumentException("there is no command; give a program and its arguments");
      }
      this.name = name;
      this.command = command;
    }

    /** Sets a variable of the environment of each instance, which is else that of this process. */
    public Builder environment(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** Sets where each instance writes a file, {@code id.log}. Default: what it says is lost. */
    public Builder logs(Path folder) {
      logs = Objects.requireNonNull(folder, "folder");
      return this;
    }

    /** Sets how long an instance may take to end before it is killed. Default: 30s. */
    public Builder stopTimeout(Duration value) {
      if (value.toMillis() < 1) {
        throw new IllegalArgumentException("stopTimeout " + value + " is below a millisecond");
      }
      stopTimeout = value;
      return this;
    }

    /** Makes it; starts nothing yet. */
    public LocalProcesses build() {
      if (!Files.isExecutable(Path.of("/bin/sh"))) {
        throw new UncheckedIOException(
            new IOException("there is no /bin/sh here, which local processes take"));
      }
      return new LocalProcesses(this);
    }
  }
}
