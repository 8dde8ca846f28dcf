package io.fairlead.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"title\":\"T\",\"author\":{\"born\":1819}} | [title, author.born]",
        "{\"title\":\"\",\"published\":null} | [title, published]",
        "{\"tags\":[\"x\"],\"author\":{}} | [x, tags, author]",
        "{} | []",
        "null | []",
      })
  void aPatchWithoutAMaskChangesWhatItsBodyHas(String body, String paths) throws Exception {
    HttpResponse<String> response =
        LIBRARY.send("PATCH", "/v1/shelves/1/books/2", body, "content-type", "application/json");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonElement tags = JsonParser.parseString(response.body()).getAsJsonObject().get("tags");
    assertThat(tags == null ? "[]" : tags.toString().replace("\"", "").replace(",", ", "))
        .isEqualTo(paths);
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
  void anUploadOfAnyTypeComesInItsParts() throws Exception {
    HttpResponse<String> response =
        LIBRARY.post("/v1/uploads/film", "a\nb\n".repeat(50_000), "content-type", "video/mp4");
    assertThat(response.body()).isEqualTo("{\"bytes\":\"200000\",\"of\":\"film video/mp4\"}");
    assertThat(LIBRARY.post("/v1/uploads/none", "", "content-type", "video/mp4").body())
        .isEqualTo("{\"of\":\"none video/mp4\"}");
  }

  @Test
  void aDownloadHasTheTypeOfItsFirstPart() throws Exception {
    HttpResponse<String> response = LIBRARY.get("/v1/downloads/1");
    assertThat(response.headers().firstValue("content-type")).hasValue("video/mp4");
    assertThat(response.body()).hasSize(1 << 20);
  }

  @Test
  void aResponseThatTheCallerHasIsNotSentAgain() throws Exception {
    HttpResponse<String> first = LIBRARY.get("/v1/books/a");
    String tag = first.headers().firstValue("etag").orElseThrow();
    assertThat(tag).matches("\"[A-Za-z0-9_-]{20}\"");
    HttpResponse<String> again = LIBRARY.get("/v1/books/a", "if-none-match", "\"other\", W/" + tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(again.headers().firstValue("etag")).hasValue(tag);
    assertThat(LIBRARY.get("/v1/books/b", "if-none-match", tag).statusCode()).isEqualTo(200);
    assertThat(LIBRARY.get("/v1/books/missing", "if-none-match", "*").statusCode()).isEqualTo(404);
    // Only what GET returns is the same thing another time.
    HttpResponse<String> post =
        LIBRARY.post(
            "/v1/shelves/1/books", "{}", "content-type", "application/json", "if-none-match", "*");
    assertThat(post.statusCode()).isEqualTo(200);
    assertThat(post.headers().firstValue("etag")).isEmpty();
  }

  @Test
  void anErrorIsAProblemForACallerThatAcceptsThat() throws Exception {
    HttpResponse<String> response =
        LIBRARY.get("/v1/books/missing", "accept", "application/json, application/problem+json");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(response.body())
        .isEqualTo(
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                + "\"detail\":\"there is no such book\",\"code\":\"NOT_FOUND\"}");
    HttpResponse<String> refused =
        LIBRARY.send("DELETE", "/v1/shelves/1/books/2", "", "accept", "application/problem+json");
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.body()).contains("\"status\":405", "Method Not Allowed");
  }

  @Test
  void aHeaderOfTheOperatorsChoiceIsADeadlineInEveryProtocol() throws Exception {
    try (GatewayFixture timed =
        new GatewayFixture(
            Gateway.builder().deadlineHeader("X-Timeout-Ms").build(), server -> server)) {
      String rest = timed.get("/v1/books/a", "x-timeout-ms", "60000").body();
      assertThat(rest).contains("has a deadline");
      assertThat(timed.get("/v1/books/a").body()).doesNotContain("has a deadline");
      HttpResponse<String> connect =
          timed.post(
              GatewayFixture.GET_BOOK,
              "{\"name\":\"wait\"}",
              "content-type",
              "application/json",
              "connect-timeout-ms",
              "60000",
              "x-timeout-ms",
              "50");
      assertThat(connect.statusCode()).isEqualTo(504);
      HttpResponse<String> wrong = timed.get("/v1/books/a", "x-timeout-ms", "1s");
      assertThat(wrong.statusCode()).isEqualTo(400);
      assertThat(wrong.body()).contains("x-timeout-ms", "a number of milliseconds");
    }
  }

  @Test
  void aRequestHasAnIdThatItsResponseRepeats() throws Exception {
    try (GatewayFixture told =
        new GatewayFixture(
            Gateway.builder().requestIdHeader("x-header").build(), server -> server)) {
      // The handler repeats what it sees of this header.
      assertThat(told.get("/v1/books/a", "x-header", "mine").headers().allValues("x-header"))
          .containsExactly("mine");
      String one = told.get("/v1/books/a").headers().firstValue("x-header").orElseThrow();
      assertThat(one).matches("[0-9a-f]{32}");
      assertThat(told.get("/nowhere").headers().firstValue("x-header"))
          .hasValueSatisfying(other -> assertThat(other).isNotEqualTo(one));
      assertThat(told.get("/v1/books/a", "x-header", "x".repeat(129)).headers().map())
          .hasEntrySatisfying(
              "x-header", value -> assertThat(value.get(0)).matches("[0-9a-f]{32}"));
    }
    assertThatThrownBy(() -> Gateway.builder().requestIdHeader("x id"))
        .hasMessageContaining("x-request-id");
  }

  @Test
  void anErrorHasTheFormOfGoogle() throws Exception {
    HttpResponse<String> response = LIBRARY.get("/v1/books/missing");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).isEqualTo("{\"code\":5,\"message\":\"there is no such book\"}");
  }
}
