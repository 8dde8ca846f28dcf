package io.fairlead.telemetry.prometheus;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A Prometheus server as a process, which scrapes one target five times a second. */
final class RealPrometheus implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int POLL_MILLIS = 100;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final int port;

  private RealPrometheus(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** Starts one, with native histograms. */
  static RealPrometheus scraping(int targetPort, Path folder) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global:
          scrape_interval: 200ms
          scrape_timeout: 200ms
        scrape_configs:
          - job_name: fairlead
            static_configs:
              - targets: ["127.0.0.1:%d"]
        """
            .formatted(targetPort));
    Path log = folder.resolve("prometheus.log");
    try {
      Process process =
          new ProcessBuilder(
                  "prometheus",
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + folder.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + port,
                  "--enable-feature=native-histograms")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new RealPrometheus(process, log, port);
    } catch (IOException e) {
      throw ToolAssumption.skip("prometheus", "apt-get install prometheus");
    }
  }

  /**
   * Asks until the answer is as wanted.
   *
   * @return the value of each series, by its labels
   * @throws AssertionError with the last answer, after a minute
   */
  Map<String, Double> await(String query, Predicate<Map<String, Double>> wanted) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String last = "none";
    while (System.nanoTime() < end) {
      if (!process.isAlive()) {
        throw new AssertionError("prometheus has ended: " + Files.readString(log));
      }
      try {
        Map<String, Double> values = ask(query);
        if (wanted.test(values)) {
          return values;
        }
        last = values.toString();
      } catch (IOException e) {
        last = e.toString();
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    throw new AssertionError(query + " does not answer as wanted; the last answer was " + last);
  }

  private Map<String, Double> ask(String query) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://127.0.0.1:"
                + port
                + "/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
    HttpResponse<String> response =
        http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    JsonObject answer = JsonParser.parseString(response.body()).getAsJsonObject();
    if (!answer.get("status").getAsString().equals("success")) {
      throw new IOException(response.body());
    }
    JsonArray series = answer.getAsJsonObject("data").getAsJsonArray("result");
    Map<String, Double> values = new TreeMap<>();
    for (JsonElement one : series) {
      JsonObject each = one.getAsJsonObject();
      values.put(
          each.getAsJsonObject("metric").toString(),
          Double.valueOf(each.getAsJsonArray("value").get(1).getAsString()));
    }
    return values;
  }

  @Override
  public void close() {
    // Its data is thrown away, so it need not write it first.
    process.destroyForcibly().onExit().join();
  }
}
