package io.fairlead.registry.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Saves lists as files of a directory, one for each service: a header line with a version, the time
 * and a checksum of the rest, then one line of JSON for each endpoint. A file is replaced as a
 * whole or not at all; one that is not whole is left alone and not used.
 */
final class SnapshotFiles implements SnapshotStore {
  private static final Logger LOG = System.getLogger(SnapshotFiles.class.getName());
  private static final String MAGIC = "fairlead-snapshot-1";

  /** What changes within this time is written together. */
  private static final Duration WRITE_DELAY = Duration.ofMillis(500);

  private final Path directory;
  private final Duration maxAge;
  private final InstantSource clock;
  private final EndpointCodec codec = new EtcdNamingCodec("");

  @GuardedBy("unwritten")
  private final Map<String, EndpointSnapshot> unwritten = new LinkedHashMap<>();

  private final ScheduledThreadPoolExecutor disk =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "fairlead-etcd-snapshots");
            thread.setDaemon(true);
            return thread;
          });
  private boolean failing;

  SnapshotFiles(Path directory, Duration maxAge, InstantSource clock) {
    this.directory = directory;
    this.maxAge = maxAge;
    this.clock = clock;
    disk.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void load(String service, Consumer<@Nullable Saved> found) {
    submit(() -> found.accept(read(service)));
  }

  /** Only the latest list of a service waits, so that neither memory nor the disk fills. */
  @Override
  public void save(EndpointSnapshot snapshot) {
    boolean first;
    synchronized (unwritten) {
      first = unwritten.put(snapshot.service(), snapshot) == null;
    }
    if (first) {
      submit(() -> writeLatest(snapshot.service()), WRITE_DELAY);
    }
  }

  private void submit(Runnable task) {
    submit(task, Duration.ZERO);
  }

  private void submit(Runnable task, Duration pause) {
    try {
      ScheduledFuture<?> unused = disk.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      LOG.log(Level.TRACE, "snapshot task dropped: the registry is closed");
    }
  }

  private void writeAll() {
    List<String> services;
    synchronized (unwritten) {
      services = List.copyOf(unwritten.keySet());
    }
    services.forEach(this::writeLatest);
  }

  private void writeLatest(String service) {
    EndpointSnapshot latest;
    synchronized (unwritten) {
      latest = unwritten.remove(service);
    }
    if (latest == null) {
      return;
    }
    try {
      write(latest);
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.log(Level.WARNING, "etcd registry: cannot save lists in {0}: {1}", directory, e);
      }
      failing = true;
    }
  }

  private void write(EndpointSnapshot snapshot) throws IOException {
    StringBuilder body = new StringBuilder();
    for (Endpoint endpoint : snapshot.endpoints()) {
      body.append(endpoint.id()).append('\t');
      body.append(codec.encode(snapshot.service(), endpoint)).append('\n');
    }
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    String header =
        String.join(
                " ",
                MAGIC,
                AtomicFile.checksum(bytes),
                clock.instant().toString(),
                Long.toString(snapshot.revision()),
                URLEncoder.encode(snapshot.service(), StandardCharsets.UTF_8))
            + "\n";
    AtomicFile.replace(file(snapshot.service()), header, bytes);
  }

  private @Nullable Saved read(String service) {
    Path file = file(service);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      return parse(service, Files.readAllBytes(file));
    } catch (IOException | MalformedEntryException | IllegalArgumentException e) {
      LOG.log(
          Level.WARNING,
          "etcd registry: the saved list {0} is not used: {1}",
          file,
          e.getMessage());
      return null;
    }
  }

  private Saved parse(String service, byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    String[] header = new String(bytes, 0, end, StandardCharsets.UTF_8).split(" ", -1);
    if (header.length != 5 || !header[0].equals(MAGIC) || end == bytes.length) {
      throw new MalformedEntryException("it is not a list of ours, or cut off");
    }
    byte[] body = java.util.Arrays.copyOfRange(bytes, end + 1, bytes.length);
    if (!AtomicFile.checksum(body).equals(header[1])) {
      throw new MalformedEntryException("its checksum does not fit");
    }
    if (!header[4].equals(URLEncoder.encode(service, StandardCharsets.UTF_8))) {
      throw new MalformedEntryException("it is of service " + header[4]);
    }
    Instant at = isFresh(header[2]);
    List<Endpoint> endpoints = new ArrayList<>();
    for (String line : new String(body, StandardCharsets.UTF_8).split("\n", -1)) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        endpoints.add(codec.decode(service, line.substring(0, tab), line.substring(tab + 1)));
      }
    }
    return new Saved(new EndpointSnapshot(service, Long.parseLong(header[3]), endpoints), at);
  }

  /** When it was saved, if that is not too long ago. */
  private Instant isFresh(String savedAt) {
    Instant saved;
    try {
      saved = Instant.parse(savedAt);
    } catch (DateTimeException e) {
      throw new MalformedEntryException("its time \"" + savedAt + "\" is none");
    }
    // A clock that was set back makes it look young, or from the future: age is a distance.
    Duration age = Duration.between(saved, clock.instant()).abs();
    if (age.compareTo(maxAge) > 0) {
      throw new MalformedEntryException(
          "it was saved at "
              + savedAt
              + ", more than "
              + DurationFormat.format(maxAge)
              + " ago or ahead");
    }
    return saved;
  }

  private Path file(String service) {
    return directory.resolve(URLEncoder.encode(service, StandardCharsets.UTF_8) + ".endpoints");
  }

  @Override
  public void close() {
    Future<?> last = disk.submit(this::writeAll);
    try {
      last.get(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      LOG.log(Level.WARNING, "etcd registry: the disk of {0} is too slow to wait for", directory);
    } catch (ExecutionException e) {
      LOG.log(Level.ERROR, "etcd registry: the lists were not saved", e);
    }
    disk.shutdown();
  }
}
