package io.fairlead.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.management.ManagementServer;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pages {@code /logs} and {@code /heartbeat}, as curl and browsers read them. */
@Timeout(60)
class PagesTest {
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final LogBuffer logs = LogBuffer.builder().traceId(() -> "").build();
  private final AdminService admin = AdminService.builder().logs(logs).clock(now::get).build();
  private final ManagementServer server =
      ManagementServer.builder()
          .port(0)
          .handler("/logs", admin.logPage())
          .handler("/heartbeat", admin.heartbeatPage())
          .handler("/none", AdminService.create().logPage())
          .start();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    server.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.uri("/").resolve(path));
  }

  private HttpResponse<String> get(String path, String accept) throws Exception {
    return client.send(request(path).header("Accept", accept).build(), BodyHandlers.ofString());
  }

  private void log(Level level, String message) {
    logs.add(Instant.EPOCH, level, "shop.stock", "main", message, null);
  }

  @Test
  void curlReadsTheLogAsTextAndToolsAsJson() throws Exception {
    log(Level.INFO, "one\nforged line");
    log(Level.WARNING, "two");
    assertThat(get("/logs", "*/*").body())
        .isEqualTo(
            """
            1970-01-01T00:00:00Z INFO    shop.stock: one forged line
            1970-01-01T00:00:00Z WARNING shop.stock: two
            """);
    assertThat(get("/logs?level=warning&logger=shop&last=5", "*/*").body()).hasLineCount(1);
    JsonArray array =
        JsonParser.parseString(get("/logs?last=1", "application/json").body()).getAsJsonArray();
    assertThat(array).hasSize(1);
    assertThat(array.get(0).getAsJsonObject().get("message").getAsString()).isEqualTo("two");
  }

  @Test
  void aBrowserFollowsTheLog() throws Exception {
    log(Level.INFO, "before");
    HttpResponse<InputStream> response =
        client.send(
            request("/logs?last=1").header("Accept", "text/event-stream").build(),
            BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThat(next(lines)).contains("\"message\":\"before\"");
      for (int i = 0; i < 20; i++) {
        log(Level.INFO, "line " + i);
        assertThat(next(lines)).contains("\"message\":\"line " + i + "\"");
      }
    }
  }

  private static String next(BufferedReader lines) throws Exception {
    String line = lines.readLine();
    while (line != null && !line.startsWith("data: ")) {
      line = lines.readLine();
    }
    return String.valueOf(line);
  }

  @Test
  void mistakesAreToldWithTheirWayOut() throws Exception {
    HttpResponse<String> level = get("/logs?level=LOUD", "*/*");
    assertThat(level.statusCode()).isEqualTo(400);
    assertThat(level.body()).contains("\"LOUD\" is not known; use TRACE, DEBUG");
    assertThat(get("/logs?last=many", "*/*").statusCode()).isEqualTo(400);
    HttpResponse<String> none = get("/none", "*/*");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("give AdminService.builder().logs(LogBuffer)");
    assertThat(get("/heartbeat?max=soon", "*/*").statusCode()).isEqualTo(400);
  }

  @Test
  void aSignOfLifeHasItsAgeAndPhase() throws Exception {
    assertThat(get("/heartbeat", "*/*").body()).contains("none was told");
    now.set(Instant.ofEpochSecond(100));
    admin.alive("loading the model");
    now.set(Instant.ofEpochSecond(110));
    admin.alive("loading the model");
    now.set(Instant.ofEpochSecond(150));
    JsonObject sign =
        JsonParser.parseString(get("/heartbeat", "application/json").body()).getAsJsonObject();
    assertThat(sign.get("phase").getAsString()).isEqualTo("loading the model");
    assertThat(sign.get("since").getAsString()).isEqualTo("1970-01-01T00:01:40Z");
    assertThat(sign.get("ageSeconds").getAsDouble()).isEqualTo(40.0);
    assertThat(get("/heartbeat?max=40", "*/*").statusCode()).isEqualTo(200);
    HttpResponse<String> late = get("/heartbeat?max=39", "*/*");
    assertThat(late.statusCode()).isEqualTo(503);
    assertThat(late.body()).contains("loading the model", "last sign 40.0 s ago");
    admin.alive("serving");
    assertThat(get("/heartbeat", "*/*").body())
        .contains("phase     serving, since 1970-01-01T00:02:30Z");
  }
}
