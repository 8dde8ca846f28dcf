package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.management.WebException;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What browsers ask for: permission to call, and pages. */
class BrowserTest {
  private static final String SHOP = "https://shop.example";

  private static String preflight(String origin) {
    return "OPTIONS "
        + GET_BOOK
        + " HTTP/1.1\nHost: a\nConnection: close\nOrigin: "
        + origin
        + "\nAccess-Control-Request-Method: POST\nAccess-Control-Request-Headers: content-type\n\n";
  }

  /** A server that notes each call and each request for its page. */
  private static GatewayFixture noting(List<String> ran, String... origins) {
    Gateway gateway =
        Gateway.builder()
            .allowOrigins(origins)
            .handler(
                "/app",
                exchange -> {
                  ran.add("/app");
                  exchange.respond(200, "text/plain", "a page\n");
                })
            .build();
    ServerCallObserver notes =
        new ServerCallObserver() {
          @Override
          public void callStarted(String method) {
            ran.add(method);
          }

          @Override
          public void callEnded(ServerCallOutcome outcome) {}
        };
    return new GatewayFixture(gateway, server -> server.observer(notes));
  }

  @Test
  void noPageOfAnotherOriginMayCallByDefault() throws Exception {
    List<String> ran = new CopyOnWriteArrayList<>();
    try (GatewayFixture library = noting(ran)) {
      assertThat(library.sendRaw(preflight(SHOP)))
          .startsWith("HTTP/1.1 403 ")
          .doesNotContain("access-control-allow");
      List<HttpResponse<String>> refused =
          List.of(
              library.post(GET_BOOK, "{}", "content-type", "application/json", "origin", SHOP),
              library.post(
                  GET_BOOK, "", "content-type", "application/grpc-web+proto", "origin", SHOP),
              library.get(GET_BOOK + "?encoding=json&message=%7B%7D", "origin", SHOP),
              // A page may send these without asking first.
              library.post("/v1/shelves/1/books", "{\"title\":\"T\"}", "origin", SHOP),
              library.post("/v1/shelves/1/books", "", "origin", "null"),
              library.post("/v1/lines:count", "{}", "origin", SHOP),
              library.get("/v1/books/a", "origin", SHOP),
              library.post("/app", "x=1", "origin", SHOP));
      assertThat(refused)
          .allSatisfy(
              response -> {
                assertThat(response.statusCode()).isEqualTo(403);
                assertThat(response.body()).contains("may not call this server", "allowOrigins");
                assertThat(response.headers().map())
                    .doesNotContainKey("access-control-allow-origin");
              });
      assertThat(ran).isEmpty();
    }
  }

  @Test
  void anOriginThatWasNotNamedIsRefusedBesideOneThatWas() throws Exception {
    List<String> ran = new CopyOnWriteArrayList<>();
    try (GatewayFixture library = noting(ran, SHOP)) {
      HttpResponse<String> response =
          library.post("/v1/shelves/1/books", "{}", "origin", "https://shop.example.evil");
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(ran).isEmpty();
      assertThat(library.post("/v1/shelves/1/books", "{}", "origin", SHOP).statusCode())
          .isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // A browser that says what it knows is believed: a proxy may have changed the host.
    "a, https://shop.example, same-origin, 200",
    "shop.example, http://shop.example, cross-site, 403",
    "a.shop.example, https://b.shop.example, same-site, 403",
    // Others are held against the host that they ask for; TLS may end before the server.
    "shop.example, https://shop.example, '', 200",
    "shop.example:443, https://shop.example, '', 200",
    "Shop.Example:8080, http://shop.example:8080, '', 200",
    "shop.example:8080, http://shop.example, '', 403",
    "shop.example, https://shop.example:8443, '', 403",
    "'', https://shop.example, '', 403",
    "shop.example, null, '', 403",
  })
  void aPageOfTheServersOwnOriginMayCall(String host, String origin, String site, int status)
      throws Exception {
    try (GatewayFixture library = new GatewayFixture()) {
      String request =
          "POST /v1/shelves/1/books HTTP/1.1\nHost: "
              + host
              + "\nConnection: close\nContent-Length: 2\nOrigin: "
              + origin
              + (site.isEmpty() ? "" : "\nSec-Fetch-Site: " + site)
              + "\n\n{}";
      assertThat(library.sendRaw(request)).startsWith("HTTP/1.1 " + status + " ");
    }
  }

  @Test
  void aPageOfAnOriginThatWasNamedMayCall() throws Exception {
    try (GatewayFixture library =
        new GatewayFixture(
            Gateway.builder().allowOrigins(SHOP).allowHeaders("X-Tenant").build(),
            server -> server)) {
      assertThat(library.sendRaw(preflight(SHOP)))
          .startsWith("HTTP/1.1 204 ")
          .contains("access-control-allow-origin: " + SHOP, "x-tenant", "x-grpc-web")
          .doesNotContain("credentials");
      assertThat(library.sendRaw(preflight("https://shop.example.evil")))
          .startsWith("HTTP/1.1 403 ");
      HttpResponse<String> response =
          library.post(
              GET_BOOK,
              "{}",
              "content-type",
              "application/json",
              "origin",
              SHOP,
              "x-trailer",
              "down");
      assertThat(response.headers().firstValue("access-control-allow-origin")).hasValue(SHOP);
      assertThat(response.headers().firstValue("access-control-expose-headers").orElse(""))
          .contains("trailer-x-trailer");
      assertThat(response.headers().allValues("vary")).contains("origin");
    }
  }

  @Test
  void whatIsNoOriginIsRefusedAtOnce() {
    assertThatThrownBy(() -> Gateway.builder().allowOrigins("shop.example"))
        .hasMessageContaining("https://shop.example");
  }

  @Test
  void pagesOfOtherModulesAreServedOnTheSamePort() throws Exception {
    Gateway gateway =
        Gateway.builder()
            .handler("/metrics", exchange -> exchange.respond(200, "text/plain", "calls 1\n"))
            .handler(
                "/app",
                exchange -> {
                  if (exchange.path().equals("/gone")) {
                    throw new WebException(410, "it is gone");
                  }
                  try (OutputStream out = exchange.stream(200, "text/html")) {
                    for (int i = 0; i < 100; i++) {
                      out.write(
                          (exchange.path() + "?" + exchange.parameter("q").orElse(""))
                              .getBytes(UTF_8));
                    }
                  }
                })
            .build();
    try (GatewayFixture library = new GatewayFixture(gateway, server -> server)) {
      assertThat(library.get("/metrics").body()).isEqualTo("calls 1\n");
      assertThat(library.get("/app/a%20b?q=c").body()).hasSize(600).startsWith("/a b?c/a b?c");
      assertThat(library.get("/app/gone").statusCode()).isEqualTo(410);
      assertThat(library.get("/application").statusCode()).isEqualTo(404);
      assertThat(library.get("/v1/books/a").statusCode()).isEqualTo(200);
    }
  }
}
