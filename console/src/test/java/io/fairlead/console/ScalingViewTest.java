package io.fairlead.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.management.ManagementServer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scalers announce, as curl and programs see it. */
@Timeout(60)
class ScalingViewTest {
  private static final String TOKEN = "a-token-of-many-characters";
  private static final String WHY = "up from 2: 302.0 offered in 6 s / 80.0 = 3.8";

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final Console console = Console.fleet(registry).accessToken(TOKEN).build();
  private final ManagementServer pages =
      ManagementServer.builder().port(0).handler("/console", console).start();

  @AfterEach
  void close() {
    pages.close();
    console.close();
    registry.close();
  }

  /** Announces as a scaler does, with something else in a reason. */
  static Registration announce(InMemoryRegistry registry, String service, String inReason) {
    Instant at = Instant.now().minus(Duration.ofSeconds(3));
    String page =
        """
        {"service": "%1$s", "at": "%2$s", "L": 302.0, "C": 80.0, "N": 4, "ready": 2, "pending": 2,
         "reporting": 2, "served": 300.0, "unserved": 2.0, "waiting": 7, "waitingPerSecond": 1.5,
         "want": 4, "why": "%3$s", "decisions": [
           {"at": "%4$s", "running": 6, "want": 6, "kind": "saturated",
            "why": "saturated at the maximum of 6: 520.0 offered in 60 s / 80.0 = 6.5, 38.0 unserved"},
           {"at": "%5$s", "running": 6, "want": 2, "kind": "down",
            "why": "down from 6: at most 140.0 offered in 300 s / 80.0 = 1.8%6$s"},
           {"at": "%2$s", "running": 2, "want": 4, "kind": "up", "why": "%3$s"}]}
        """
            .formatted(
                service,
                at,
                WHY,
                at.minusSeconds(400),
                at.minusSeconds(60),
                inReason.replace("\"", "\\\""));
    return note(registry, "fairlead-scaling-" + service, "1-scaler", page);
  }

  private static Registration note(InMemoryRegistry registry, String name, String id, String page) {
    return registry.register(
        name,
        Endpoint.builder(id)
            .addresses(Address.grpc("x.invalid", 1))
            .tags(Map.of("load", page))
            .draining(true)
            .build());
  }

  private String get(String path, String accept) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(pages.uri("/console" + path))
                    .header("Authorization", "Bearer " + TOKEN)
                    .header("Accept", accept)
                    .build(),
                BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private String text(String path) throws Exception {
    return get(path, "text/plain").replaceAll(" +", " ");
  }

  private JsonObject json(String path) throws Exception {
    return JsonParser.parseString(get(path, "application/json")).getAsJsonObject();
  }

  @Test
  void whatIsWantedAndWhyIsALineAndSoIsEachDecision() throws Exception {
    announce(registry, "inventory", "");
    List<String> lines = text("/scaling").lines().toList();
    assertThat(lines.get(0)).isEqualTo("SERVICE WANT READY STARTING LOAD CAPACITY WAITING AGE WHY");
    assertThat(lines.get(1)).matches("inventory 4 2 2 302.0 80.0 7 \\d+s \\Q" + WHY + "\\E");
    assertThat(lines.get(3)).isEqualTo("SERVICE DECIDED RUNNING WANT KIND WHY");
    assertThat(lines.get(4)).as("the newest first").endsWith("Z 2 4 up " + WHY);
    assertThat(lines.get(5)).contains(" 6 2 down down from 6: at most 140.0 offered");
    assertThat(lines.get(6))
        .endsWith(
            " 6 6 saturated saturated at the maximum of 6: 520.0 offered in 60 s / 80.0 = 6.5, 38.0 unserved");
  }

  @Test
  void programsReadTheSame() throws Exception {
    announce(registry, "inventory", "");
    JsonObject page = json("/scaling");
    assertThat(page.get("view").getAsString()).isEqualTo("scaling");
    JsonObject row = View.rows(page, "services").get(0);
    assertThat(row.get("want").getAsInt()).isEqualTo(4);
    assertThat(row.get("listed").getAsBoolean()).as("it has no endpoint").isFalse();
    assertThat(View.rows(row, "decisions"))
        .extracting(each -> View.text(each, "kind"))
        .containsExactly("up", "down", "saturated");
  }

  @Test
  void theViewOfAServiceHasItsDecisions() throws Exception {
    announce(registry, "inventory", "");
    registry.register("inventory", Endpoint.of("a", "127.0.0.1", 1));
    assertThat(text("/services/inventory")).contains("SERVICE DECIDED RUNNING", "Z 2 4 up " + WHY);
    assertThat(json("/services/inventory").getAsJsonObject("scaling").get("want").getAsInt())
        .isEqualTo(4);
    assertThat(View.rows(json("/scaling"), "services").get(0).get("listed").getAsBoolean())
        .isTrue();
  }

  @Test
  void anEntryThatIsNoEndpointIsNoServiceAndNoProcess() throws Exception {
    announce(registry, "inventory", "");
    note(registry, "fairlead-waiting-inventory", "client", "");
    JsonObject system = json("/system");
    assertThat(View.rows(system, "services")).isEmpty();
    assertThat(system.getAsJsonArray("problems")).as("nobody asks x.invalid").isEmpty();
  }

  @Test
  void theSuccessorOfADeciderThatWasKilledIsTheOneThatIsShown() throws Exception {
    announce(registry, "inventory", "");
    note(
        registry,
        "fairlead-scaling-inventory",
        "0-older",
        "{\"at\": \"2020-01-01T00:00:00Z\", \"want\": 9, \"why\": \"long ago\"}");
    assertThat(View.rows(json("/scaling"), "services").get(0).get("want").getAsInt()).isEqualTo(4);
  }

  @Test
  void aLoadThatIsNotKnownIsNotZero() throws Exception {
    note(
        registry,
        "fairlead-scaling-inventory",
        "x",
        "{\"at\": \"2026-01-01T00:00:00Z\", \"C\": 5, \"want\": 2, \"unknown\": \"etcd is away\","
            + " \"why\": \"frozen: etcd is away\", \"decisions\": []}");
    assertThat(text("/scaling")).containsPattern("inventory 2 - - unknown 5.0 - .* frozen: etcd");
    assertThat(View.text(View.rows(json("/scaling"), "services").get(0), "unknown"))
        .isEqualTo("etcd is away");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"at\": \"soon\"}",
        "{\"at\": {}}",
        "{\"at\": null, \"want\": 3}",
      })
  void whatSomebodyElseWroteIsNoDecision(String page) throws Exception {
    note(registry, "fairlead-scaling-inventory", "x", page);
    assertThat(text("/scaling")).isEqualTo("no scaler announces itself; \"fairlead scale\" does\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"at\": \"2026-01-01T00:00:00Z\"}",
        "{\"at\": \"2026-01-01T00:00:00Z\", \"decisions\": {}, \"want\": \"many\", \"why\": []}",
        "{\"at\": \"2026-01-01T00:00:00Z\", \"decisions\": [1, null, {}, {\"at\": 1}], \"L\": {}}",
      })
  void partsThatCannotBeReadAreLeftOut(String page) throws Exception {
    note(registry, "fairlead-scaling-inventory", "x", page);
    JsonObject row = View.rows(json("/scaling"), "services").get(0);
    assertThat(row.has("want")).isFalse();
    assertThat(View.rows(row, "decisions")).isEmpty();
    assertThat(text("/scaling")).contains("\ninventory - - - unknown ");
  }

  @Test
  void aReasonDoesNotControlATerminal() throws Exception {
    announce(registry, "inventory", "\\u001b[2J\u202e");
    assertThat(text("/scaling"))
        .contains("at most 140.0 offered")
        .doesNotContain("\u001b", "\u202e");
  }
}
