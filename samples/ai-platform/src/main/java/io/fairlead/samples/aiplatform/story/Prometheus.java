package io.fairlead.samples.aiplatform.story;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A Prometheus that belongs to the story: a child process on a free port. It reads which processes
 * there are from a file, and has the alert rules of the docs.
 */
final class Prometheus implements AutoCloseable {
  private final Path folder;
  private final URI base;
  private final Process process;
  private final HttpClient http;

  private Prometheus(Path folder, URI base, Process process, HttpClient http) {
    this.http = http;
    this.folder = folder;
    this.base = base;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param rules a file of alert rules
   * @param certificates for links with TLS
   */
  static Prometheus start(
      Path program, Path folder, Path rules, Optional<LinkCertificates> certificates)
      throws IOException {
    Files.createDirectories(folder);
    write(folder, Map.of());
    String own = certificates.map(each -> each.server("prometheus")).orElse("");
    String scheme = "http";
    String links = "";
    List<String> pages = new ArrayList<>();
    if (certificates.isPresent()) {
      scheme = "https";
      links =
          """
              scheme: https
              tls_config: {ca_file: '%s', cert_file: '%s.crt', key_file: '%s.key'}
          """
              .formatted(certificates.get().trust(), own, own);
      Files.writeString(
          folder.resolve("web.yml"),
          """
          tls_server_config:
            cert_file: '%s.crt'
            key_file: '%s.key'
            client_auth_type: RequireAndVerifyClientCert
            client_ca_file: '%s'
          """
              .formatted(own, own, certificates.get().trust()));
      pages.add("--web.config.file=" + folder.resolve("web.yml"));
    }
    Files.writeString(
        folder.resolve("prometheus.yml"),
        """
        global:
          scrape_interval: 1s
          evaluation_interval: 1s
        rule_files: ['%s']
        scrape_configs:
          - job_name: ai-platform
            file_sd_configs:
              - files: ['%s']
                refresh_interval: 1s
        """
                .formatted(rules, folder.resolve("targets.json"))
            + links);
    int port = Children.freePort();
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--config.file=" + folder.resolve("prometheus.yml"),
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port));
    command.addAll(pages);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    HttpClient.Builder http = HttpClient.newBuilder();
    certificates
        .map(each -> LinkSecurity.context(each.client("story")))
        .ifPresent(http::sslContext);
    Prometheus prometheus =
        new Prometheus(folder, URI.create(scheme + "://127.0.0.1:" + port), process, http.build());
    // A person who ends the run early must find no process left.
    Runtime.getRuntime().addShutdownHook(new Thread(prometheus::close, "prometheus-end"));
    return prometheus;
  }

  int port() {
    return base.getPort();
  }

  /** Says where metrics are: the host and port of each process, by its id. */
  void scrape(Map<String, String> addresses) throws IOException {
    write(folder, addresses);
  }

  private static void write(Path folder, Map<String, String> addresses) throws IOException {
    List<Map<String, Object>> targets = new ArrayList<>();
    new TreeMap<>(addresses)
        .forEach(
            (id, address) ->
                targets.add(Map.of("targets", List.of(address), "labels", Map.of("process", id))));
    // Moved in one step: a file that is half written would be read as none.
    Path next = folder.resolve("targets.next");
    Files.writeString(next, new Gson().toJson(targets));
    Path unused =
        Files.move(next, folder.resolve("targets.json"), StandardCopyOption.REPLACE_EXISTING);
  }

  /** Returns the values of an expression, by the label {@code process}; empty while it starts. */
  Map<String, Double> query(String expression) {
    String path = "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
    Map<String, Double> values = new TreeMap<>();
    for (JsonElement each :
        get(path).map(data -> data.getAsJsonArray("result")).orElse(new JsonArray())) {
      JsonObject labels = each.getAsJsonObject().getAsJsonObject("metric");
      String process = labels.has("process") ? labels.get("process").getAsString() : "";
      values.put(process, each.getAsJsonObject().getAsJsonArray("value").get(1).getAsDouble());
    }
    return values;
  }

  /** Returns how many alert rules there are, by their health: ok, unknown or err. */
  Map<String, Integer> rules() {
    Map<String, Integer> health = new TreeMap<>();
    JsonArray groups =
        get("/api/v1/rules").map(data -> data.getAsJsonArray("groups")).orElse(new JsonArray());
    for (JsonElement group : groups) {
      for (JsonElement rule : group.getAsJsonObject().getAsJsonArray("rules")) {
        health.merge(rule.getAsJsonObject().get("health").getAsString(), 1, Integer::sum);
      }
    }
    return health;
  }

  private Optional<JsonObject> get(String path) {
    try {
      HttpResponse<String> response =
          http.send(HttpRequest.newBuilder(base.resolve(path)).build(), BodyHandlers.ofString());
      // While it starts, it answers 503 and no JSON.
      return response.statusCode() == 200
          ? Optional.of(
              JsonParser.parseString(response.body()).getAsJsonObject().getAsJsonObject("data"))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Prometheus was asked", e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
