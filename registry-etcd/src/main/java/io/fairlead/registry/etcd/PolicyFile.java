package io.fairlead.registry.etcd;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The last good live policies on disk, for a start while etcd cannot be reached: a header line with
 * a version, a checksum of the rest, the time and the namespace, then a line for each key. It has
 * no age at which it is no longer used: policies that nobody changes stay as they are.
 */
final class PolicyFile {
  private static final Logger LOG = System.getLogger(PolicyFile.class.getName());
  private static final String MAGIC = "fairlead-policies-1";

  private final Path file;
  private final PolicyKeys keys;
  private final String namespace;
  private final InstantSource clock;
  private final AtomicReference<String> unwritten = new AtomicReference<>("");

  /** Its thread ends when there is nothing to write. */
  private final ThreadPoolExecutor disk =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread thread = new Thread(task, "fairlead-etcd-policies");
            thread.setDaemon(true);
            return thread;
          });

  PolicyFile(Path file, PolicyKeys keys, InstantSource clock) {
    this.file = file;
    this.keys = keys;
    this.namespace = URLEncoder.encode(keys.rules().start(), StandardCharsets.UTF_8);
    this.clock = clock;
    disk.allowCoreThreadTimeOut(true);
  }

  /** Writes these, soon; only the latest wait. */
  void save(Map<String, PolicyUnit> units) {
    StringBuilder body = new StringBuilder();
    // JSON in one line has neither tabs nor line ends, and neither have keys.
    units.forEach((key, unit) -> body.append(key).append('\t').append(unit.text()).append('\n'));
    // A text that is not empty is being waited for.
    if (unwritten.getAndSet(body.append('\n').toString()).isEmpty()) {
      disk.execute(this::write);
    }
  }

  private void write() {
    byte[] body = unwritten.getAndSet("").getBytes(StandardCharsets.UTF_8);
    String header =
        String.join(" ", MAGIC, AtomicFile.checksum(body), clock.instant().toString(), namespace)
            + "\n";
    try {
      AtomicFile.replace(file, header, body);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "live policies: cannot save them in {0}: {1}", file, e.toString());
    }
  }

  /** Returns what was saved, by key; nothing if there is no file, or it cannot be used. */
  Map<String, PolicyUnit> load() {
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      Map<String, PolicyUnit> found = parse(Files.readAllBytes(file));
      LOG.log(
          Level.INFO, "live policies: {0} keys from {1}, until etcd answers", found.size(), file);
      return found;
    } catch (IOException | MalformedEntryException | IllegalArgumentException e) {
      LOG.log(Level.WARNING, "live policies: the file {0} is not used: {1}", file, e.getMessage());
      return Map.of();
    }
  }

  private Map<String, PolicyUnit> parse(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    String[] header = new String(bytes, 0, end, StandardCharsets.UTF_8).split(" ", -1);
    if (header.length != 4 || !header[0].equals(MAGIC) || end == bytes.length) {
      throw new MalformedEntryException("it is not a file of ours, or cut off");
    }
    byte[] body = java.util.Arrays.copyOfRange(bytes, end + 1, bytes.length);
    if (!AtomicFile.checksum(body).equals(header[1])) {
      throw new MalformedEntryException("its checksum does not fit");
    }
    if (!header[3].equals(namespace)) {
      throw new MalformedEntryException("it is of another namespace, " + header[3]);
    }
    Map<String, PolicyUnit> units = new LinkedHashMap<>();
    for (String line : new String(body, StandardCharsets.UTF_8).split("\n", -1)) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        String key = line.substring(0, tab);
        units.put(key, PolicyUnit.decode(keys, key, line.substring(tab + 1)));
      }
    }
    return units;
  }

  /** Waits until all is written, for a while. */
  void close() {
    disk.shutdown();
    try {
      if (!disk.awaitTermination(2, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "live policies: the disk of {0} is too slow to wait for", file);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
