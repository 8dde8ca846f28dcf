package io.fairlead.telemetry.prometheus;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.net.HttpURLConnection;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    return start(targetPort, folder, "", "--enable-feature=native-histograms");
  }

  /** Starts one as it is by default, which reads classic histograms, with these rules. */
  static RealPrometheus withRules(int targetPort, Path folder, Path rules) throws IOException {
    return start(targetPort, folder, "rule_files: [\"" + rules.toAbsolutePath() + "\"]\n");
  }

  private static RealPrometheus start(
      int targetPort, Path folder, String furtherConfig, String... furtherOptions)
      throws IOException {
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
                .formatted(targetPort)
            + furtherConfig);
    Path log = folder.resolve("prometheus.log");
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
                  "prometheus",
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + folder.resolve("data"),
                  "--storage.tsdb.retention.time=100y",
                  "--web.listen-address=127.0.0.1:" + port));
      command.addAll(List.of(furtherOptions));
      Process process =
          new ProcessBuilder(command)
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

  /** A rule as Prometheus has read it. */
  record Rule(String name, String query, Map<String, String> annotations, boolean alerts) {}

  /** Returns the rules by name, once they are read. */
  Map<String, Rule> rules() throws Exception {
    await("vector(1)", values -> !values.isEmpty());
    Map<String, Rule> rules = new LinkedHashMap<>();
    for (JsonElement group : get("rules").getAsJsonArray("groups")) {
      for (JsonElement each : group.getAsJsonObject().getAsJsonArray("rules")) {
        JsonObject rule = each.getAsJsonObject();
        Map<String, String> annotations = new TreeMap<>();
        if (rule.has("annotations")) {
          rule.getAsJsonObject("annotations")
              .entrySet()
              .forEach(one -> annotations.put(one.getKey(), one.getValue().getAsString()));
        }
        String name = rule.get("name").getAsString();
        rules.put(
            name,
            new Rule(
                name,
                rule.get("query").getAsString(),
                annotations,
                rule.get("type").getAsString().equals("alerting")));
      }
    }
    return rules;
  }

  /** Returns the times at which an expression has a value, in steps from a first to a last time. */
  List<Instant> times(String query, Instant first, Instant last, Duration step) throws Exception {
    await("vector(1)", values -> !values.isEmpty());
    JsonArray series =
        get("query_range?start="
                + first.getEpochSecond()
                + "&end="
                + last.getEpochSecond()
                + "&step="
                + step.toSeconds()
                + "&query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8))
            .getAsJsonArray("result");
    List<Instant> times = new ArrayList<>();
    for (JsonElement one : series) {
      for (JsonElement value : one.getAsJsonObject().getAsJsonArray("values")) {
        times.add(Instant.ofEpochSecond(value.getAsJsonArray().get(0).getAsLong()));
      }
    }
    return times;
  }

  private JsonObject get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + "/api/v1/" + path);
    HttpResponse<String> response =
        http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    if (response.statusCode() == HttpURLConnection.HTTP_UNAVAILABLE) {
      throw new IOException("it is starting: " + response.body());
    }
    JsonObject answer = JsonParser.parseString(response.body()).getAsJsonObject();
    if (!answer.get("status").getAsString().equals("success")) {
      throw new IOException(response.body());
    }
    return answer.getAsJsonObject("data");
  }

  /** Returns the value of each series now, by its labels. */
  Map<String, Double> ask(String query) throws IOException, InterruptedException {
    JsonArray series =
        get("query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8))
            .getAsJsonArray("result");
    Map<String, Double> values = new TreeMap<>();
    for (JsonElement one : series) {
      JsonObject each = one.getAsJsonObject();
      values.put(
          each.getAsJsonObject("metric").toString(),
          Double.valueOf(
              each.getAsJsonArray("value").get(1).getAsString().replace("Inf", "Infinity")));
    }
    return values;
  }

  @Override
  public void close() {
    // Its data is thrown away, so it need not write it first.
    process.destroyForcibly().onExit().join();
  }
}
