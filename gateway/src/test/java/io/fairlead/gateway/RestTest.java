package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.MethodPolicy;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** REST by the annotations of the contract. */
class RestTest {
  private static final GatewayFixture LIBRARY = new GatewayFixture();

  @AfterAll
  static void close() {
    LIBRARY.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/shelves/1/books/2, shelves/1/books/2",
    "/v1/books/a%2Fb, a/b",
    "/v1/books/a+b, a+b",
    "/v1/shelves/a%2Fb/books/c%20d, shelves/a%2Fb/books/c d",
    "/v1/books/a:b, a:b",
    "/v1/books/%C3%BC, ü",
    "/v2/trees/a/b/tagged/c/tagged/false, trees/a/b/tagged/c",
    "/v2/trees/tagged/false, trees",
    "/v2/trees/a%2Fb/tagged/true, trees/a%2Fb",
  })
  void aPathFillsAField(String path, String name) throws Exception {
    HttpResponse<String> response = LIBRARY.get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).startsWith("{\"name\":\"" + name + "\"");
  }

  @Test
  void aQueryFillsTheOtherFields() throws Exception {
    assertThat(LIBRARY.get("/v1/books/a?withTags=true").body()).contains("\"tags\":[\"tagged\"]");
    assertThat(LIBRARY.get("/v1/books/a?with_tags=true").body()).contains("\"tags\":[\"tagged\"]");
    assertThat(
            LIBRARY
                .get(
                    "/v1/shelves/1/books?page_size=1&tags=a&tags=b&filter.genre=POETRY"
                        + "&filter.since=2001-09-09T01:46:40Z")
                .body())
        .isEqualTo(
            "[{\"name\":\"shelves/1/books/0\",\"genre\":\"POETRY\",\"tags\":[\"a\",\"b\"],"
                + "\"published\":\"2001-09-09T01:46:40Z\"}]");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/books/a?wihTags=true, wihTags",
    "/v1/books/a?withTags=perhaps, use true or false",
    "/v1/books/a?name=b, name",
    "/v1/shelves/1/books?pageSize=many, pageSize",
    "/v1/shelves/1/books?filter=x, a field within it",
    "/v1/shelves/1/books?pageSize=1&pageSize=2, twice",
    "/v1/books/%zz, bad escape",
  })
  void aParameterThatIsWrongIsNamed(String path, String named) throws Exception {
    // java.net.URI refuses the last one, so it is sent by hand.
    String response = LIBRARY.sendRaw("GET " + path + " HTTP/1.1\nHost: a\nConnection: close\n\n");
    assertThat(response).startsWith("HTTP/1.1 400 ").contains("\"code\":3", named);
  }

  @Test
  void aBodyFillsTheFieldThatTheRuleNames() throws Exception {
    HttpResponse<String> response =
        LIBRARY.postJson("/v1/shelves/1/books?bookId=7", "{\"title\":\"Moby\",\"pages\":\"3\"}");
    assertThat(response.body())
        .isEqualTo("{\"name\":\"shelves/1/books/7\",\"title\":\"Moby\",\"pages\":\"3\"}");
    assertThat(LIBRARY.postJson("/v1/shelves/1/books", "{\"author\":{\"born\":\"x\"}}").body())
        .contains("author.born");
  }

  @Test
  void aBodyCannotSetFieldsBesideItsOwn() throws Exception {
    HttpResponse<String> response = LIBRARY.postJson("/v1/shelves/1/books", "{},\"bookId\":\"7\"");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(response.body()).contains("the body");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"published\":\"LONG\"}",
        "{\"LONG\":1}",
        "{\"author\":{\"LONG\":1}}",
        "{\"LONG\":}",
        "{\"genre\":\"LONG\"}",
      })
  void anErrorDoesNotQuoteAWholeBody(String body) throws Exception {
    HttpResponse<String> response =
        LIBRARY.postJson("/v1/shelves/1/books", body.replace("LONG", "x".repeat(9_000)));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).hasSizeLessThan(800).contains("JSON");
  }

  @Test
  void aVerbAfterAColonChoosesTheMethod() throws Exception {
    assertThat(LIBRARY.postJson("/v1/shelves/1/books/2:move", "{\"to\":\"shelves/3\"}").body())
        .isEqualTo("{\"name\":\"shelves/1/books/2\",\"title\":\"shelves/3\"}");
    assertThat(LIBRARY.postJson("/v1/shelves/1/books/2:move?to=a", "{}").statusCode())
        .isEqualTo(400);
  }

  @Test
  void thePathWinsOverTheBody() throws Exception {
    HttpResponse<String> response =
        LIBRARY.send(
            "PATCH",
            "/v1/shelves/1/books/2?updateMask=title,author.name",
            "{\"name\":\"other\",\"title\":\"T\"}",
            "content-type",
            "application/json");
    assertThat(response.body())
        .isEqualTo(
            "{\"name\":\"shelves/1/books/2\",\"title\":\"T\",\"tags\":[\"title\",\"author.name\"]}");
  }

  @Test
  void aResponseBodyIsOneField() throws Exception {
    assertThat(LIBRARY.get("/v1/shelves/1/books").body()).isEqualTo("[]");
  }

  @Test
  void bytesOfAnyTypeAreSentAsTheyAre() throws Exception {
    HttpResponse<String> response = LIBRARY.get("/v1/shelves/1/books/2/cover");
    assertThat(response.headers().firstValue("content-type")).hasValue("image/png");
    assertThat(response.body()).endsWith("PNG");
  }

  @Test
  void aStreamComesInTheFormThatTheCallerAccepts() throws Exception {
    String path = "/v1/shelves/1/books/2/lines";
    assertThat(LIBRARY.get(path).body()).isEqualTo("[{\"text\":\"one\"},\n{\"text\":\"two\"}]");
    assertThat(LIBRARY.get(path, "accept", "application/x-ndjson").body())
        .isEqualTo("{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    assertThat(LIBRARY.get(path, "accept", "text/event-stream").body())
        .isEqualTo("data: {\"text\":\"one\"}\n\ndata: {\"text\":\"two\"}\n\n");
    assertThat(
            LIBRARY.get("/v1/shelves/1/books/torn/lines", "accept", "application/x-ndjson").body())
        .isEqualTo(
            "{\"text\":\"one\"}\n{\"error\":{\"code\":15,\"message\":\"the page is torn\"}}\n");
  }

  @Test
  void aStreamOfRequestsIsALineForEach() throws Exception {
    HttpResponse<String> response =
        LIBRARY.post(
            "/v1/lines:count",
            "{\"text\":\"a\"}\n\n{\"text\":\"b\"}\n{\"text\":\"c\"}",
            "content-type",
            "application/x-ndjson");
    assertThat(response.body()).isEqualTo("{\"lines\":3}");
  }

  @Test
  void aCompressedStreamOfRequestsIsRefusedAsSuch() throws Exception {
    HttpResponse<String> response =
        LIBRARY.post(
            "/v1/lines:count",
            "{}",
            "content-type",
            "application/x-ndjson",
            "content-encoding",
            "gzip");
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.headers().firstValue("accept-encoding")).hasValue("identity");
    assertThat(response.body()).contains("gzip");
  }

  @Test
  void anotherVerbIsToldWhichAreAllowed() throws Exception {
    HttpResponse<String> response = LIBRARY.send("DELETE", "/v1/shelves/1/books/2", "");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).hasValue("GET, HEAD, PATCH");
  }

  @Test
  void headIsGetWithoutABody() throws Exception {
    HttpResponse<String> response = LIBRARY.send("HEAD", "/v1/books/a", "");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-length")).isPresent();
    assertThat(response.body()).isEmpty();
  }

  @Test
  void aBodyAboveTheLimitIsRefused() throws Exception {
    HttpResponse<String> response =
        LIBRARY.postJson("/v1/shelves/1/books", "{\"title\":\"" + "a".repeat(5 << 20) + "\"}");
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("4194304 bytes");
  }

  @Test
  void aBodyAboveTheLimitOfItsMethodIsNotSaidToBeUnpacked() throws Exception {
    try (GatewayFixture small =
        new GatewayFixture(
            server ->
                server.policy(
                    "gateway.v1.Library/MoveBook",
                    MethodPolicy.builder().maxRequestBytes(1_000).build()))) {
      HttpResponse<String> response =
          small.postJson("/v1/shelves/1/books/2:move", "{\"to\":\"" + "a".repeat(2_000) + "\"}");
      assertThat(response.body())
          .contains("a request of 2022 bytes is above the 1000 that gateway.v1.Library/MoveBook");
    }
  }

  @Test
  void anErrorHasTheFormOfGoogle() throws Exception {
    HttpResponse<String> response = LIBRARY.get("/v1/books/missing");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).isEqualTo("{\"code\":5,\"message\":\"there is no such book\"}");
  }
}
