package io.fairlead.samples.aiplatform.story;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A Prometheus scrapes all processes; what it has is compared with what they say themselves. */
final class MonitoringChapter {
  private static final String CALLS = "sum by (process) (grpc_server_call_duration_seconds_count)";

  private final Platform platform;
  private final Screen screen;
  private final Prometheus prometheus;

  MonitoringChapter(Platform platform, Screen screen, Prometheus prometheus) {
    this.platform = platform;
    this.screen = screen;
    this.prometheus = prometheus;
  }

  void play() throws IOException, InterruptedException {
    screen.line("");
    screen.line("Monitoring");
    Map<String, String> addresses = addresses();
    prometheus.scrape(addresses);
    platform.await(
        "Prometheus has scraped " + addresses.keySet(),
        () -> prometheus.query("up == 1").keySet().equals(addresses.keySet()));
    // Nobody calls the gateway now, so what was scraped last is what it has.
    long failed = new Metrics(platform).calls("gateway-1", "INVALID_ARGUMENT");
    platform.await(
        "Prometheus has the calls of the gateway",
        () -> refused().getOrDefault("gateway-1", -1.0) == failed);
    Map<String, Long> calls = new TreeMap<>();
    prometheus.query(CALLS).forEach((id, count) -> calls.put(id, Math.round(count)));
    screen.check(
        failed > 0 && calls.containsKey("gateway-1"),
        "Prometheus scrapes %d processes; calls that they served: %s",
        addresses.size(),
        calls);
    platform
        .certificates()
        .ifPresent(
            each ->
                new LinkProbe(screen, each)
                    .play("Prometheus", prometheus.port(), LinkProbe.Protocol.HTTP));
    platform.await("the alert rules are loaded", () -> !prometheus.rules().isEmpty());
    // Most of them are evaluated once in half a minute; until then their health is unknown.
    Map<String, Integer> rules = prometheus.rules();
    screen.check(!rules.containsKey("err"), "it has loaded the rules of docs/alerts: %s", rules);
  }

  private Map<String, Double> refused() {
    return prometheus.query(
        "sum by (process)"
            + " (grpc_server_call_duration_seconds_count{grpc_status=\"INVALID_ARGUMENT\"})");
  }

  /** Returns where the metrics of each JVM are. What is in Python has none. */
  private Map<String, String> addresses() {
    Map<String, String> addresses = new TreeMap<>();
    for (String id : platform.fleet().alive()) {
      Path file = platform.fleet().metrics(id);
      try {
        if (Files.exists(file)) {
          addresses.put(id, URI.create(Files.readString(file)).getAuthority());
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }
    return addresses;
  }
}
