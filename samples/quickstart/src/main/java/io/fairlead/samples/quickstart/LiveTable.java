package io.fairlead.samples.quickstart;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Draws a row per instance once a second, from the registry's view and the client's own counts. */
final class LiveTable implements AutoCloseable {
  private final Stats stats;
  private final Fleet fleet;
  private final Screen screen;
  private final Watch watch;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "live-table"));
  private final Set<String> seen = new TreeSet<>();
  private volatile Resolution resolution = new Resolution.Pending();
  private volatile Map<String, Stats.Window> last = Map.of();

  LiveTable(Stats stats, Fleet fleet, Screen screen, Registry registry) {
    this.stats = stats;
    this.fleet = fleet;
    this.screen = screen;
    this.watch = registry.watch(Quickstart.SERVICE, news -> resolution = news);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it runs until the table is closed
  void start() {
    clock.scheduleAtFixedRate(this::draw, 1, 1, TimeUnit.SECONDS);
  }

  /** The instances that answered in the last full second. */
  Set<String> serving() {
    return last.keySet();
  }

  /** The endpoints that the registry names now, by id. */
  Map<String, Endpoint> registered() {
    Map<String, Endpoint> byId = new TreeMap<>();
    if (resolution instanceof Resolution.Bound bound) {
      bound.snapshot().endpoints().forEach(endpoint -> byId.put(endpoint.id(), endpoint));
    }
    return byId;
  }

  boolean isCurrent() {
    return resolution instanceof Resolution.Bound bound
        && bound.freshness() == Resolution.Freshness.CURRENT;
  }

  private void draw() {
    last = stats.look();
    Map<String, Endpoint> registered = registered();
    seen.addAll(registered.keySet());
    seen.addAll(last.keySet());
    List<String> rows = new ArrayList<>();
    rows.add("  instance   state        calls/s      p50 ms      p99 ms   weight");
    for (String id : seen) {
      Stats.Window window = last.getOrDefault(id, new Stats.Window());
      Endpoint endpoint = registered.get(id);
      rows.add(
          String.format(
              Locale.ROOT,
              "  %-10s %-11s %8d %11.1f %11.1f %8s",
              id,
              state(id, endpoint),
              window.count(),
              window.percentile(0.5) / 1e3,
              window.percentile(0.99) / 1e3,
              endpoint == null ? "-" : endpoint.weight()));
    }
    rows.add("  " + registryLine() + ", failed calls: " + stats.failures());
    screen.table(rows);
  }

  private String state(String id, @Nullable Endpoint endpoint) {
    if (!fleet.isAlive(id)) {
      return endpoint == null ? "gone" : "dead";
    }
    if (endpoint == null) {
      return "starting";
    }
    return endpoint.draining() ? "draining" : "up";
  }

  private String registryLine() {
    if (resolution instanceof Resolution.Bound bound) {
      return "list of instances: " + bound.freshness().name().toLowerCase(Locale.ROOT);
    }
    return "list of instances: none yet";
  }

  @Override
  public void close() {
    clock.shutdownNow();
    watch.close();
  }
}
