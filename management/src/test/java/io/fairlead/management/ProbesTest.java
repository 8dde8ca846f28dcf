package io.fairlead.management;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.lifecycle.ReadinessCheck;
import io.fairlead.server.RpcServer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;

class ProbesTest {
  private final HttpClient http = HttpClient.newHttpClient();

  private static RpcServer.Builder inventory() {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .port(0)
        .service(InventoryRpc.bind(new Inventory() {}));
  }

  private HttpResponse<String> get(ManagementServer management, String path, String accept)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(management.uri(path)).header("Accept", accept).build(),
        BodyHandlers.ofString());
  }

  @Test
  void aServerThatServesIsReady() throws Exception {
    try (RpcServer server = inventory().start();
        ManagementServer management = ManagementServer.builder().port(0).probes(server).start()) {
      HttpResponse<String> ready = get(management, "/readyz", "*/*");
      assertThat(ready.body()).startsWith("ok\nport " + server.port() + ": SERVING");
      assertThat(ready.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aCheckThatFailsIsNamed() throws Exception {
    AtomicBoolean connected = new AtomicBoolean(true);
    // When it is asked again, the first answer has been noted.
    CountDownLatch saidNo = new CountDownLatch(2);
    ReadinessCheck database =
        () -> {
          if (!connected.get()) {
            saidNo.countDown();
          }
          return connected.get();
        };
    try (RpcServer server =
            inventory()
                .readiness("database", database)
                .readinessInterval(Duration.ofMillis(5))
                .start();
        ManagementServer management = ManagementServer.builder().port(0).probes(server).start()) {
      connected.set(false);
      assertThat(saidNo.await(60, TimeUnit.SECONDS)).isTrue();
      HttpResponse<String> ready = get(management, "/readyz", "application/json");
      JsonObject one =
          JsonParser.parseString(ready.body())
              .getAsJsonObject()
              .getAsJsonArray("servers")
              .get(0)
              .getAsJsonObject();
      JsonObject check = one.getAsJsonArray("checks").get(0).getAsJsonObject();
      assertThat(check.get("name").getAsString()).isEqualTo("database");
      assertThat(check.get("ready").getAsBoolean()).isFalse();
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(get(management, "/healthz", "*/*").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void whoeverHasNoTokenReadsOneWord() throws Exception {
    try (RpcServer server = inventory().start();
        ManagementServer management =
            ManagementServer.builder()
                .port(0)
                .bearerToken("0123456789abcdef")
                .probes(server)
                .start()) {
      HttpResponse<String> ready = get(management, "/readyz", "application/json");
      assertThat(ready.statusCode()).isEqualTo(200);
      assertThat(ready.body()).isEqualTo("ok\n");
      assertThat(ready.headers().firstValue("WWW-Authenticate")).isEmpty();
    }
  }

  @Test
  void aServerThatHasEndedIsNotAlive() throws Exception {
    RpcServer server = inventory().start();
    server.close();
    try (ManagementServer management = ManagementServer.builder().port(0).probes(server).start()) {
      HttpResponse<String> alive = get(management, "/healthz", "*/*");
      assertThat(alive.body()).startsWith("not ok\n").contains(": CLOSED");
      assertThat(alive.statusCode()).isEqualTo(503);
    }
  }
}
