package io.fairlead.console;

import static io.fairlead.console.ShopProcess.AUTHORIZATION;
import static io.fairlead.console.ShopProcess.OPERATOR;
import static io.fairlead.console.ShopProcess.READER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.admin.AdminService;
import io.fairlead.admin.AuditEvent;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.gateway.Gateway;
import io.fairlead.management.ManagementServer;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.Await;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import shop.v1.InventoryRpc;

/** The console as curl and programs see it, on real processes. */
@Timeout(120)
class ConsoleTest {
  /** What a browser or a terminal would obey, if it were not made harmless. */
  private static final String HOSTILE =
      "<img src=x onerror=alert(1)>\u001b[2J\u009b31m\u202e\u2028";

  private static final String TEXT = "*/*";
  private static final String JSON = "application/json";
  private static final String METHOD = "shop.v1.Inventory/Reserve";

  private static FleetFixture fleet;

  @BeforeAll
  static void start() {
    fleet = new FleetFixture(HOSTILE);
    for (int i = 0; i < 20; i++) {
      fleet.call("sku-" + i);
    }
  }

  @AfterAll
  static void stop() {
    fleet.close();
  }

  private static String text(String path) throws Exception {
    HttpResponse<String> response = fleet.get(path, TEXT, READER);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    return response.body();
  }

  private static JsonObject json(String path) throws Exception {
    HttpResponse<String> response = fleet.get(path, JSON, READER);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  /** Reads a view until it has what calls have left behind: curves are a second late. */
  private static String textWith(String path, String... parts) {
    StringBuilder last = new StringBuilder();
    try {
      Await.until(
          path + " with " + List.of(parts),
          () -> {
            last.setLength(0);
            try {
              // A method without a curve is not found: its first second is not over yet.
              last.append(fleet.get(path, TEXT, READER).body().replaceAll(" +", " "));
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            return List.of(parts).stream().allMatch(each -> last.indexOf(each) >= 0);
          });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; it has\n" + last, e);
    }
    return last.toString();
  }

  @Test
  void curlReadsServicesEndpointsAndWhoCallsWhom() {
    fleet.call("sku");
    String text =
        textWith("/system", "\ncheckout inventory ", "\ninventory 2 2 ", "inventory/inv-1", "/s");
    assertThat(text)
        .contains("SERVICE ENDPOINTS SERVING", "ENDPOINT ADDRESS", "CALLER CALLS")
        .contains("\ninventory/inv-1 " + fleet.first.address() + " serving 1.4.0 ");
  }

  @Test
  void aTerminalIsNotControlledByWhatAnEndpointSaysOfItself() throws Exception {
    assertThat(text("/system"))
        .doesNotContain("\u001b", "\u009b", "\u202e", "\u2028")
        .contains("<img src=x onerror=alert(1)>");
  }

  @Test
  void programsReadTheSameAsJson() throws Exception {
    JsonObject page = json("/system");
    List<JsonObject> services = View.rows(page, "services");
    assertThat(services)
        .extracting(each -> View.text(each, "name"))
        .containsExactly("checkout", "inventory");
    JsonObject inventory = services.get(1);
    assertThat(inventory.get("count").getAsInt()).isEqualTo(2);
    List<JsonObject> endpoints = View.rows(inventory, "endpoints");
    assertThat(endpoints)
        .extracting(each -> View.text(each, "id"))
        .containsExactly("inv-1", "inv-2");
    assertThat(View.text(endpoints.get(1), "version")).isEqualTo(HOSTILE);
  }

  @Test
  void oneFindsAnEndpointAmongMany() throws Exception {
    String found = text("/system?find=INV-2");
    assertThat(found).contains("inventory/inv-2").doesNotContain("inventory/inv-1");
    String limited = text("/services/inventory?limit=1");
    assertThat(limited).contains("inventory/inv-1", "1 more endpoints; add ?find=TEXT");
    assertThat(limited).doesNotContain("inventory/inv-2");
    assertThat(fleet.get("/system?limit=all", TEXT, READER).statusCode()).isEqualTo(400);
  }

  @Test
  void aMethodHasBothSidesForAMinuteAnHourAndADay() {
    fleet.call("sku");
    String text = textWith("/methods/" + METHOD, "server inventory/inv-", "client checkout/out-1");
    assertThat(text)
        .contains(METHOD + ", the last minute")
        .containsPattern("in flight [0-9]+, waiting 0, rejected -");
    assertThat(textWith("/methods/" + METHOD + "?window=hour")).contains("the last hour");
    assertThat(textWith("/methods/" + METHOD + "?window=day")).contains("the last day");
  }

  @Test
  void aCurveHasMarksOfDeploysAndOfBreakersThatMoved() {
    fleet.call("sku");
    for (String name : List.of(METHOD, "shop.v1.Inventory/Sync")) {
      fleet.checkout.admin.circuitBreakerChanged(
          new CircuitBreakerStatus(
              CircuitBreakerStatus.Scope.METHOD,
              name,
              CircuitBreakerStatus.Phase.HALF_OPEN,
              "half open"));
    }
    String text =
        textWith(
            "/methods/" + METHOD + "?window=hour",
            "inventory/inv-1 started, version 1.4.0",
            "breaker of " + METHOD + " in checkout/out-1: half open");
    assertThat(text).doesNotContain("breaker of shop.v1.Inventory/Sync");
  }

  @Test
  void aServiceHasItsMethodsAndCallers() {
    fleet.call("sku");
    assertThat(textWith("/services/inventory", METHOD, "CALLER RATE"))
        .contains("METHOD", "P99.9", "REJECTED")
        .containsPattern("(?m)^checkout [0-9]");
  }

  @Test
  void aTraceTellsOneCallOverAllProcesses() {
    fleet.call("a-story");
    String calls = textWith("/calls", "TRACE", "checkout/out-1 server", "inventory/inv-");
    String trace = calls.lines().skip(1).findFirst().orElse("").replaceAll(".* ", "");
    assertThat(trace).matches("[0-9a-f]{32}");
    Await.until(
        "all have told of it", () -> View.rows(read("/traces/" + trace), "calls").size() == 3);
    assertThat(View.rows(read("/traces/" + trace), "calls"))
        .extracting(
            each -> View.text(each, "process").replaceAll("[12]$", "?"),
            each -> View.text(each, "side"),
            each -> View.text(each, "depth"))
        .containsExactly(
            tuple("checkout/out-?", "server", "0"),
            tuple("checkout/out-?", "client", "1"),
            tuple("inventory/inv-?", "server", "2"));
    assertThat(textWith("/traces/" + trace)).contains(" #1 ", "[inv-");
  }

  private static JsonObject read(String path) {
    try {
      return json(path);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aTapShowsCallsThatFailWhileTheyEnd() throws Exception {
    HttpResponse<InputStream> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        fleet.uri("/tap?failed=true&method=shop.v1.Inventory&reason=alert"))
                    .header("Authorization", "Bearer " + READER)
                    .build(),
                BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThat(next(lines)).contains("\"view\":\"tap\"");
      Await.until(
          "all are tapped",
          () ->
              List.of(fleet.first, fleet.second, fleet.checkout).stream()
                  .allMatch(
                      each ->
                          each.audited.stream()
                              .anyMatch(
                                  event ->
                                      event.action().equals("Tap")
                                          && event.reason().equals("alert"))));
      fleet.call("sku");
      assertThatThrownBy(() -> fleet.call("broken-tap")).isNotNull();
      assertThat(List.of(next(lines), next(lines), next(lines)))
          .allSatisfy(call -> assertThat(call).contains("\"code\":\"IN"))
          .anySatisfy(call -> assertThat(call).contains("no shelf has broken-tap", "\"server\""))
          .anySatisfy(call -> assertThat(call).contains("checkout/out-1", "\"client\""));
    }
    assertThat(fleet.get("/tap?slow=soon", TEXT, READER).statusCode()).isEqualTo(400);
  }

  @Test
  void policyFieldsSayWhatDecidedThem() {
    assertThat(textWith("/policy", METHOD, "CONTRACT"))
        .containsPattern("(?m) deadline 30s BUILDER$");
  }

  @Test
  void aLiveOverrideSaysWhoMadeIt() {
    MethodPolicy patient = MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build();
    fleet.live.replace(MethodPolicies.of(Map.of(METHOD, patient)).from("revision 12 by ann"));
    try {
      assertThat(textWith("/policy", " 20s ")).contains(" deadline 20s LIVE, revision 12 by ann\n");
    } finally {
      fleet.live.replace(MethodPolicies.empty());
    }
  }

  @Test
  void theLimitsOfServersSayWhatDecidedThem() {
    assertThat(textWith("/policy", "PROCESS SERVER LIMITS ORIGIN", "checkout/out-1 checkout "))
        .containsPattern("(?m)^checkout/out-1 checkout maxCalls unlimited, .* BUILDER$");
  }

  @Test
  void settingsSayWhereTheyComeFrom() {
    fleet.checkout.admin.settings("environment", Map.of("FAIRLEAD_ZONE", "north"));
    assertThat(textWith("/policy", "FAIRLEAD_ZONE"))
        .contains("\nPROCESS SETTING VALUE ORIGIN\n")
        .contains("\ncheckout/out-1 FAIRLEAD_ZONE north environment\n");
  }

  @Test
  void theRegistryShowsEachKeyAndItsRegistration() {
    String text = textWith("/registry", "inventory/inv-1", " registered ");
    assertThat(text)
        .contains("KEY ADDRESSES AGE REGISTRATION FOR", "\ninventory 2 current ")
        .containsPattern("(?m)^checkout/out-1 .*" + fleet.checkout.address());
    assertThat(textWith("/registry?find=out-")).doesNotContain("inventory/inv-1");
  }

  @Test
  void findingsComeFromAllProcesses() throws Exception {
    assertThat(text("/lint")).contains("UNEQUAL_VERSIONS", "checkout/out-1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Reserve | {\"messages\": [{\"sku\": \"a\", \"orderId\": \"7\"}]} | {\"id\":\"r-7\",\"sku\":\"a\"}",
        "Watch | {\"messages\": [{\"skus\": [\"a\", \"b\"]}]} | {\"sku\":\"a\",\"quantity\":\"7\"}\\n{\"sku\":\"b\",\"quantity\":\"7\"}",
        "Import | {\"messages\": [{\"sku\": \"a\"}, {\"sku\": \"b\"}]} | {\"accepted\":2}",
        "Sync | {\"messages\": [{\"quantity\": 4}, {\"quantity\": \"5\"}]} | {\"quantity\":\"8\"}\\n{\"quantity\":\"10\"}",
      })
  void oneTriesAMethodOfEachShape(String method, String body, String responses) throws Exception {
    HttpResponse<String> response =
        fleet.tryCall(
            "instance=inventory/inv-1&deadline=30&method=shop.v1.Inventory/" + method, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).startsWith(responses.replace("\\n", "\n") + "\nOK after ");
  }

  @Test
  void aTriedCallThatFailsShowsItsStatus() throws Exception {
    String body = "{\"messages\": [{\"sku\": \"broken<b>\"}], \"headers\": {\"tenant\": \"blue\"}}";
    String query = "instance=inventory/inv-1&deadline=30&method=" + METHOD;
    HttpResponse<String> response = fleet.tryCall(query, body, JSON);
    JsonObject result = JsonParser.parseString(response.body()).getAsJsonObject();
    assertThat(View.text(result, "status")).isEqualTo("INVALID_ARGUMENT");
    assertThat(View.text(result, "description")).contains("no shelf has broken<b>");
    assertThat(View.rows(result, "messages")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "instance=inventory/inv-1&method=shop.v1.Inventory/Lend | {} | 404 | there is shop.v1.Inventory/Reserve",
        "instance=elsewhere:80&method=a.B/C | {} | 404 | no process \"elsewhere:80\" is known here",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve | [] | 400 | the body is not {\"messages\"",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve | {\"messages\": [{\"zku\": 1}]} | 400 | zku",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve | {\"messages\": [{}, {}]} | 400 | takes one message, not 2",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve&deadline=soon | {} | 400 | a number of seconds up to 60",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve&deadline=1e9 | {} | 400 | a number of seconds up to 60",
        "instance=inventory/inv-1&method=shop.v1.Inventory/Reserve | {\"headers\": {\"a b\": \"c\"}} | 400 | a b",
      })
  void aMistakenCallSaysTheWayOut(String query, String body, int status, String text)
      throws Exception {
    HttpResponse<String> response = fleet.tryCall(query, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.body()).contains(text);
  }

  @Test
  void curlReadsWhatCanBeCalled() throws Exception {
    assertThat(text("/try")).contains("inventory/inv-1");
    assertThat(text("/try?instance=inventory/inv-1").replaceAll(" +", " "))
        .contains(
            "shop.v1.Inventory/Sync stream shop.v1.StockLevel stream shop.v1.StockLevel",
            METHOD + " shop.v1.ReserveRequest shop.v1.Reservation");
  }

  @Test
  void aConsoleMakesNoCallsUnlessAsked() throws Exception {
    try (Console quiet =
            Console.builder().process(fleet.first.address()).registry(fleet.registry).build();
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/console", quiet).start()) {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(pages.uri("/console/try"))
                      .header("Authorization", "Bearer " + READER)
                      .build(),
                  BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(response.body()).contains("switch them on with", "tryIt(Contracts.reflection())");
    }
  }

  @Test
  void whoHasNoTokenReadsNothing() throws Exception {
    for (String path : List.of("/system", "/calls", "/methods/" + METHOD)) {
      for (String accept : List.of(TEXT, JSON, "text/event-stream")) {
        HttpResponse<String> response = fleet.get(path, accept, "");
        assertThat(response.statusCode()).as(path + " " + accept).isEqualTo(401);
        assertThat(response.body())
            .contains("does not know the caller", "this process decides who may look")
            .doesNotContain("inv-1", "checkout");
      }
    }
    // Has no figures: what a browser loads before it can send a token.
    HttpResponse<String> page = fleet.get("/system", "text/html", "");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("/console/app/console.js").doesNotContain("inv-1");
  }

  @Test
  void whoMayReadMayNotDrain() throws Exception {
    HttpResponse<String> refused =
        fleet.post("/actions/drain?instance=inventory/inv-1", READER, "X-Fairlead-Action", "1");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("scope fairlead.admin.write is missing");
    Await.until(
        "the refusal is audited",
        () -> fleet.first.audited.stream().anyMatch(event -> event.caller().equals("rita")));
    assertThat(fleet.first.server.state().phase().name()).isEqualTo("SERVING");
  }

  @Test
  void anActionReachesOneEndpointWithItsReasonAndIsAudited() throws Exception {
    String instance = "?instance=inventory/inv-2&reason=new%20disk";
    HttpResponse<String> drained =
        fleet.post("/actions/drain" + instance, OPERATOR, "X-Fairlead-Action", "1");
    assertThat(drained.statusCode()).as(drained.body()).isEqualTo(200);
    assertThat(drained.body()).isEqualTo("inventory: NOT_SERVING, draining\n");
    try {
      textWith("/system", "draining");
      assertThat(fleet.first.server.state().phase().name()).isEqualTo("SERVING");
    } finally {
      assertThat(
              fleet.post("/actions/undrain" + instance, OPERATOR, "X-Fairlead-Action", "1").body())
          .isEqualTo("inventory: SERVING\n");
    }
    HttpResponse<String> weight =
        fleet.post(
            "/actions/weight" + instance + "&weight=30",
            OPERATOR,
            "X-Fairlead-Action",
            "1",
            "Accept",
            JSON);
    assertThat(weight.body()).contains("\"weight\":30", "\"confirmed\":true");
    fleet.post("/actions/weight" + instance + "&weight=100", OPERATOR, "X-Fairlead-Action", "1");
    String level = "&logger=io.fairlead.console.test&level=DEBUG";
    assertThat(
            fleet
                .post("/actions/log-level" + instance + level, OPERATOR, "X-Fairlead-Action", "1")
                .body())
        .isEqualTo("it had no level of its own before\n");
    assertThat(fleet.second.audited)
        .extracting(AuditEvent::caller, AuditEvent::action, AuditEvent::reason)
        .contains(
            tuple("olga", "Drain", "new disk"),
            tuple("olga", "Undrain", "new disk"),
            tuple("olga", "SetWeight", "new disk"),
            tuple("olga", "SetLogLevel", "new disk"));
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-Fetch-Site, cross-site",
    "Sec-Fetch-Site, same-site",
    "Origin, http://evil.example",
    "Origin, null",
    "Origin, '::'",
  })
  void aPageOfAnotherOriginCannotAct(String header, String value) throws Exception {
    String drain = "/actions/drain?instance=inventory/inv-1";
    HttpResponse<String> response =
        fleet.post(drain, OPERATOR, "X-Fairlead-Action", "1", header, value);
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(response.body()).contains("another origin");
    assertThat(fleet.post(drain, OPERATOR).statusCode()).as("without the header").isEqualTo(403);
    assertThat(fleet.get(drain, TEXT, OPERATOR).statusCode()).as("by a link").isEqualTo(405);
    assertThat(fleet.first.server.state().phase().name()).isEqualTo("SERVING");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/actions/explode?instance=x | 404 | no action \"explode\" is known; use one of drain, undrain",
        "/actions/drain | 400 | the parameter instance is missing",
        "/actions/drain?instance=inventory/inv-9 | 404 | no process \"inventory/inv-9\" is known here",
        "/actions/drain?instance=169.254.169.254:80 | 404 | is known here",
        "/actions/weight?instance=inventory/inv-1&weight=heavy | 400 | 100 is ordinary",
        "/actions/log-level?instance=inventory/inv-1&level=LOUD | 400 | LOUD",
      })
  void aMistakenActionSaysTheWayOut(String path, int status, String text) throws Exception {
    HttpResponse<String> response = fleet.post(path, OPERATOR, "X-Fairlead-Action", "1");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.body()).contains(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/nowhere | 404 | there is no view /nowhere; there are /system",
        "/services | 404 | there is no view",
        "/services/nobody | 404 | no service \"nobody\" is in the registry; there is checkout, inventory",
        "/methods/a.B/C | 404 | no process has a curve of \"a.B/C\"",
        "/methods/shop.v1.Inventory/Reserve?window=year | 400 | use minute, hour or day",
        "/calls?kind=lost | 400 | use recent, slow or failed",
        "/calls?process=10.0.0.1:22 | 404 | no process \"10.0.0.1:22\" is known here",
        "/app/../Console.class | 404 | there is no",
        "/app/Console.class | 404 | there is no file",
        "/lib/../app/console.js | 404 | there is no",
        "/lib/lit-html.d.ts | 404 | there is no file",
      })
  void whatIsNotThereIsSaid(String path, int status, String text) throws Exception {
    HttpResponse<String> response = fleet.get(path, TEXT, READER);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.body()).contains(text);
  }

  @Test
  void onlyFilesOfTheConsoleRunInThePage() throws Exception {
    HttpResponse<String> page = fleet.get("/system", "text/html", "");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains(
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "http:", "https:", "*");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(page.body())
        .doesNotContain("{{")
        .doesNotContainPattern("(?i)<script(?![^>]* src=)|<style| style=| on[a-z]+=|https?://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/app/console.js",
        "/app/style.css",
        "/lib/lit-html.js",
        "/lib/directives/repeat.js",
        "/lib/directives/live.js",
        "/lib/directive.js",
        "/lib/directive-helpers.js",
        "/lib/uplot.js",
        "/lib/uplot.css",
      })
  void everyFileOfThePageIsInTheJar(String path) throws Exception {
    HttpResponse<String> response = fleet.get(path, TEXT, "");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue((path.endsWith(".css") ? "text/css" : "text/javascript") + "; charset=utf-8");
    assertThat(response.body()).hasSizeGreaterThan(200);
  }

  @Test
  void aViewIsLiveUntilTheConsoleIsClosed() throws Exception {
    Console console =
        Console.builder().process(fleet.first.address()).registry(fleet.registry).build();
    try (ManagementServer pages =
        ManagementServer.builder().port(0).handler("/console", console).start()) {
      HttpResponse<InputStream> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(pages.uri("/console/system"))
                      .header("Accept", "text/event-stream")
                      .header("Authorization", "Bearer " + READER)
                      .build(),
                  BodyHandlers.ofInputStream());
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        assertThat(next(lines)).contains("\"view\":\"system\"").doesNotContain("inv-3");
        try (ShopProcess third =
            new ShopProcess(fleet.registry, "inventory", "inv-3", "1.4.0", new ShopHandler())) {
          String page = next(lines);
          while (!page.contains(third.address())) {
            page = next(lines);
          }
          assertThat(page).contains("inv-3");
        }
        console.close();
        while (lines.readLine() != null) {
          // What was on its way.
        }
      }
    }
  }

  private static String next(BufferedReader lines) throws Exception {
    String line = lines.readLine();
    while (line != null && !line.startsWith("data: ")) {
      line = lines.readLine();
    }
    assertThat(line).as("the stream goes on").isNotNull();
    return String.valueOf(line);
  }

  @Test
  void aFleetIsShownToWhoeverHasTheTokenOfTheConsole() throws Exception {
    String token = "a-token-of-this-console";
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + OPERATOR);
    try (Console console =
            Console.fleet(fleet.registry)
                .accessToken(token)
                .channels(
                    address ->
                        RpcChannel.to(address)
                            .intercept(MetadataUtils.newAttachHeadersInterceptor(headers)))
                .build();
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/console", console).start()) {
      // The admin services would take this one; the console does not hand it on.
      for (String wrong : List.of("Bearer " + OPERATOR, "Bearer ", "")) {
        HttpResponse<String> refused = ask(pages.uri("/console/system"), wrong);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("send the console's token").doesNotContain("inv-1");
      }
      HttpResponse<String> shown = ask(pages.uri("/console/system"), "Bearer " + token);
      assertThat(shown.statusCode()).isEqualTo(200);
      assertThat(shown.body().replaceAll(" +", " "))
          .contains("inventory/inv-1 " + fleet.first.address() + " serving", "checkout/out-1");
    }
  }

  private static HttpResponse<String> ask(URI uri, String authorization) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(uri).header("Authorization", authorization).build(),
            BodyHandlers.ofString());
  }

  @Test
  void aStrangerInTheRegistryGetsNoTokenOfAViewer() throws Exception {
    List<String> heard = new CopyOnWriteArrayList<>();
    InMemoryRegistry registry = new InMemoryRegistry();
    try (RpcServer stranger =
        RpcServer.builder("stranger")
            .host("127.0.0.1")
            .id("s-1")
            .registry(registry)
            .service(AdminService.create())
            .authorizer(
                Authorizer.byScopes(
                    request -> {
                      heard.add(String.valueOf(request.headers().get(AUTHORIZATION)));
                      return null;
                    }))
            .start()) {
      String address = "127.0.0.1:" + stranger.port();
      String first = fleet.first.address();
      Console.Builder console = Console.builder().process(first).registry(registry);
      awaitSystem(console, address + " does not know the caller");
      assertThat(heard).as("without trust").contains("Bearer " + READER);
      heard.clear();
      awaitSystem(
          console.trust(each -> each.startsWith("10.1.")),
          address
              + " cannot be asked: it is not among the addresses that this console trusts, so it"
              + " gets no call and no token");
      assertThat(heard).isEmpty();
    }
  }

  /** Serves a console until its page says something. */
  private static void awaitSystem(Console.Builder builder, String text) throws Exception {
    try (Console console = builder.build();
        ManagementServer pages =
            ManagementServer.builder().port(0).handler("/console", console).start()) {
      Await.until(
          text,
          () -> {
            try {
              HttpResponse<String> page = ask(pages.uri("/console/system"), "Bearer " + READER);
              return page.statusCode() == 200 && page.body().contains(text);
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
    }
  }

  @Test
  void aProcessThatDoesNotAnswerIsShownBesideThoseThatDo() throws Exception {
    try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Registration ghost =
            fleet.registry.register(
                "ghost", Endpoint.of("g-1", "127.0.0.1", deaf.getLocalPort()))) {
      String text = textWith("/system", "ghost/g-1", "inventory/inv-1");
      assertThat(text)
          .contains("! 127.0.0.1:" + deaf.getLocalPort() + " has not answered", "\nghost 1 0 ")
          .containsPattern("(?m)^ghost/g-1 127\\.0\\.0\\.1:[0-9]+ silent ");
      HttpResponse<String> action =
          fleet.post("/actions/drain?instance=ghost/g-1", OPERATOR, "X-Fairlead-Action", "1");
      assertThat(action.statusCode()).isIn(502, 504);
      assertThat(ghost.status()).isNotNull();
    }
  }

  @Test
  void theGatewayServesItOnThePortOfGrpc() throws Exception {
    try (RpcServer server =
        RpcServer.builder("front")
            .host("127.0.0.1")
            .service(InventoryRpc.bind(new ShopHandler()))
            .gateway(Gateway.builder().handler("/ops/console", fleet.console).build())
            .start()) {
      String root = "http://127.0.0.1:" + server.port() + "/ops/console";
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(root)).header("Accept", "text/html").build(),
                  BodyHandlers.ofString());
      assertThat(page.body()).contains("src=\"/ops/console/app/console.js\"");
      assertThat(ask(URI.create(root + "/app/console.js"), "").statusCode()).isEqualTo(200);
      assertThat(ask(URI.create(root + "/system"), "Bearer " + READER).body())
          .contains("inventory/inv-1");
      HttpResponse<Stream<String>> live =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(root + "/system"))
                      .header("Accept", "text/event-stream")
                      .header("Authorization", "Bearer " + READER)
                      .build(),
                  BodyHandlers.ofLines());
      try (Stream<String> lines = live.body()) {
        assertThat(lines.filter(each -> each.startsWith("data: ")).findFirst().orElse(""))
            .contains("\"view\":\"system\"");
      }
    }
  }

  @Test
  void aConsoleThatNobodyGuardsIsNotBuilt() {
    assertThatIllegalStateException()
        .isThrownBy(() -> Console.fleet(new InMemoryRegistry()).build())
        .withMessageContaining("add process(address), whose admin service decides, or accessToken");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Console.builder().accessToken("short"))
        .withMessageContaining("at least 16 characters");
  }
}
