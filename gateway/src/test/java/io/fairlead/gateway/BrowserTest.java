package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.management.WebException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

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

  @Test
  void noPageOfAnotherOriginMayCallByDefault() throws Exception {
    try (GatewayFixture library = new GatewayFixture()) {
      assertThat(library.sendRaw(preflight(SHOP)))
          .startsWith("HTTP/1.1 403 ")
          .doesNotContain("access-control-allow");
      HttpResponse<String> response =
          library.post(GET_BOOK, "{}", "content-type", "application/json", "origin", SHOP);
      assertThat(response.headers().firstValue("access-control-allow-origin")).isEmpty();
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
