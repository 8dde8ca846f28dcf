package io.fairlead.samples.oncall;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.oncall.shop.CheckoutRpc;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The processes of the shop, the etcd of their registry, and what a deployment tool does. */
final class Shop implements AutoCloseable {
  static final List<String> INVENTORY = List.of("inv-1", "inv-2", "inv-3");
  static final String CHECKOUT = "checkout-1";

  private static final Pattern PAGES = Pattern.compile("pages at (http://\\S+)");

  private final Path logs;
  private final String token;
  private final EmbeddedEtcd etcd = EmbeddedEtcd.builder().minTtl(Duration.ofSeconds(1)).start();
  private final Map<String, Process> processes = new ConcurrentSkipListMap<>();
  private final EtcdRegistry registry =
      EtcdRegistry.builder().endpoints(etcd.endpoint()).ttl(Duration.ofSeconds(2)).connect();
  private volatile Map<String, Endpoint> listed = Map.of();
  private final Watch watch = registry.watch("inventory", this::take);
  private final RpcChannel channel =
      RpcChannel.to("registry:///checkout")
          .registry(registry)
          .service(CheckoutRpc.service())
          .build();
  private final Load load = new Load(CheckoutRpc.asyncClient(channel));

  Shop(Path logs, String token) throws IOException {
    this.logs = Files.createDirectories(logs);
    this.token = token;
  }

  private void take(Resolution update) {
    Map<String, Endpoint> now = new TreeMap<>();
    if (update instanceof Resolution.Bound bound) {
      bound.snapshot().endpoints().forEach(each -> now.put(each.id(), each));
    }
    listed = now;
  }

  /** Starts all of it, and waits until it can take orders. */
  void open() throws IOException, InterruptedException {
    for (String id : INVENTORY) {
      start(id, InventoryProcess.class, id, "1.4.0", etcd.endpoint());
    }
    start(CHECKOUT, CheckoutProcess.class, CHECKOUT, etcd.endpoint());
    Duty.await("the inventory is registered", () -> listed.keySet().containsAll(INVENTORY));
    Duty.await("the checkout serves its pages", () -> PAGES.matcher(log(CHECKOUT)).find());
    channel.connect();
  }

  private void start(String id, Class<?> main, String... arguments) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx80m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put(Secret.VARIABLE, token);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(logs.resolve(id + ".log").toFile()));
    processes.put(id, builder.start());
  }

  private String log(String id) {
    try {
      return Files.readString(logs.resolve(id + ".log"));
    } catch (IOException e) {
      return "";
    }
  }

  private Process process(String id) {
    Process process = processes.get(id);
    if (process == null) {
      throw new IllegalArgumentException("no process " + id + " was started");
    }
    return process;
  }

  /** Sets how long a read of the disk of an instance takes. */
  void disk(String id, int millis) throws IOException {
    Writer lines = process(id).outputWriter(StandardCharsets.UTF_8);
    lines.write(millis + "\n");
    lines.flush();
  }

  /** Does what a deployment tool does: the old version ends in good order, then the new starts. */
  void deploy(String id, String version) throws IOException, InterruptedException {
    Process old = process(id);
    old.destroy();
    if (!old.waitFor(Duty.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(id + " does not end; see its log in " + logs);
    }
    start(id, InventoryProcess.class, id, version, etcd.endpoint());
    Duty.await(
        id + " is registered",
        () -> {
          Endpoint endpoint = listed.get(id);
          return endpoint != null && endpoint.version().orElse("").equals(version);
        });
  }

  Load load() {
    return load;
  }

  EtcdRegistry registry() {
    return registry;
  }

  /** Returns where the command finds the registry. */
  String url() {
    return etcd.endpoint().replace("http://", "etcd://");
  }

  URI console() {
    Matcher pages = PAGES.matcher(log(CHECKOUT));
    if (!pages.find()) {
      throw new IllegalStateException("the checkout has no pages; see its log in " + logs);
    }
    return URI.create(pages.group(1));
  }

  Path logs() {
    return logs;
  }

  /** Twice does no harm: a person who ends it early must find no process left. */
  void closeProcesses() {
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

  @Override
  public void close() {
    load.close();
    channel.close();
    closeProcesses();
    watch.close();
    registry.close();
    etcd.close();
  }
}
