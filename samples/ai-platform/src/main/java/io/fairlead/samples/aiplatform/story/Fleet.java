package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.answers.AnswersService;
import io.fairlead.samples.aiplatform.answers.JournalService;
import io.fairlead.samples.aiplatform.capture.CaptureService;
import io.fairlead.samples.aiplatform.capture.ImageKey;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.gateway.VisionGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The processes of the platform, each with a log file and a folder of its own. */
final class Fleet implements AutoCloseable {
  /** The programs that have a database. */
  private static final Set<String> KEEP_RECORDS =
      Set.of(
          CaptureService.class.getName(),
          AnswersService.class.getName(),
          JournalService.class.getName(),
          VisionGateway.class.getName());

  private final Map<String, Process> processes = new ConcurrentSkipListMap<>();

  /** The most memory that a process of each id was seen with, in KiB. Guarded by this. */
  private final Map<String, Long> peaks = new TreeMap<>();

  /** The ids of processes that are no JVM. Guarded by this. */
  private final Set<String> notJava = new TreeSet<>();

  /** Whether the run ends: a decider may still want more then. Guarded by this. */
  private boolean closed;

  private final String etcd;
  private final Path folder;

  private final Optional<LinkCertificates> certificates;
  private final Optional<Postgres> postgres;

  /**
   * @param certificates for the links between processes; without, they have no TLS
   * @param postgres where the records of processes go; without, they have files of their own
   */
  Fleet(
      String etcd,
      Path folder,
      Optional<LinkCertificates> certificates,
      Optional<Postgres> postgres) {
    this.etcd = etcd;
    this.folder = folder;
    this.certificates = certificates;
    this.postgres = postgres;
  }

  /** Starts a process; {@code settings} are those beside its id, etcd and folder. */
  void start(Class<?> main, String id, String... settings) {
    Path temporary = folder.resolve(id).resolve("tmp");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=32m",
                "-Djava.awt.headless=true",
                "-Djava.io.tmpdir=" + temporary,
                "-Djava.util.logging.config.file="
                    + System.getProperty("java.util.logging.config.file", ""),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    start(id, main.getName(), new ProcessBuilder(command), settings);
  }

  /** Starts a service in Python, with the same settings. */
  void start(Python python, String script, String id, String... settings) {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(python.command(script)));
    python.environment(builder.environment());
    start(id, script, builder, settings);
    synchronized (this) {
      notJava.add(id);
    }
  }

  private synchronized void start(
      String id, String program, ProcessBuilder builder, String... settings) {
    if (closed) {
      throw new IllegalStateException("the run ends, so " + id + " is not started");
    }
    Path data = folder.resolve(id);
    builder.command().addAll(List.of("id=" + id, "etcd=" + etcd, "data=" + data));
    if (program.equals(CaptureService.class.getName())) {
      builder.command().add("key=" + key(id));
    }
    builder.command().addAll(List.of(settings));
    certificates.ifPresent(each -> builder.command().add("tls=" + each.of(id, program)));
    try {
      Files.createDirectories(data.resolve("tmp"));
      if (postgres.isPresent() && KEEP_RECORDS.contains(program)) {
        postgres.get().provide(id, data);
      }
      processes.put(
          id,
          builder
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log(id).toFile()))
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + id + " was started", e);
    }
  }

  /** Returns the file of the key of a process, which is none of its data. */
  Path key(String id) {
    Path file = folder.resolve("keys").resolve(id + ".key");
    try {
      Files.createDirectories(file.getParent());
      return Files.exists(file) ? file : ImageKey.make(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a key for " + id, e);
    }
  }

  /** Kills it so that it has no chance to deregister; returns when it is dead. */
  void kill(String id) throws InterruptedException {
    look();
    Process process = process(id).destroyForcibly();
    int unused = process.waitFor();
  }

  /** Sends a signal: STOP pauses it, CONT lets it go on. */
  void signal(String id, String signal) throws InterruptedException {
    String pid = Long.toString(process(id).pid());
    try {
      int result = new ProcessBuilder("kill", "-" + signal, pid).inheritIO().start().waitFor();
      if (result != 0) {
        throw new IllegalStateException("kill -" + signal + " of " + id + " ended with " + result);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot send " + signal + " to " + id, e);
    }
  }

  /** Asks it to leave in good order, and waits until it has. */
  void drain(String id) throws InterruptedException {
    look();
    Process process = process(id);
    process.destroy();
    int unused = process.waitFor();
  }

  /** Asks it to leave in good order, and does not wait for it. */
  void end(String id) {
    look();
    process(id).destroy();
  }

  boolean isAlive(String id) {
    Process process = processes.get(id);
    return process != null && process.isAlive();
  }

  /** Returns the ids of the processes that have ended by themselves. */
  List<String> dead() {
    return processes.keySet().stream().filter(id -> !isAlive(id)).toList();
  }

  Path log(String id) {
    return folder.resolve(id + ".log");
  }

  /** Returns the folder that is a process's own. */
  Path folder(String id) {
    return folder.resolve(id);
  }

  /** Returns the file that says where the metrics of a process are. */
  Path metrics(String id) {
    return folder(id).resolve(ServiceProcess.METRICS);
  }

  /** Returns the ids of the processes that run. */
  List<String> alive() {
    return processes.keySet().stream().filter(this::isAlive).toList();
  }

  int size() {
    return alive().size();
  }

  private Process process(String id) {
    Process process = processes.get(id);
    if (process == null) {
      throw new IllegalArgumentException("no process " + id + " was started");
    }
    return process;
  }

  /** Reads how much memory each process has had at most. */
  synchronized void look() {
    processes.forEach(
        (id, process) -> peak(process.pid()).ifPresent(kib -> peaks.merge(id, kib, Math::max)));
  }

  /** Returns what {@link #look} has seen, in KiB by id; empty where the system does not tell. */
  synchronized Map<String, Long> peaks() {
    return new TreeMap<>(peaks);
  }

  /** Returns whether a process is a JVM. */
  synchronized boolean isJava(String id) {
    return !notJava.contains(id);
  }

  /** Returns the peak of resident memory as Linux counts it. */
  static OptionalLong peak(long pid) {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst();
    } catch (IOException | UncheckedIOException e) {
      // Another system, or the process has just ended.
      return OptionalLong.empty();
    }
  }

  /** Twice does no harm: a person who ends the run early must find no process left. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
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
