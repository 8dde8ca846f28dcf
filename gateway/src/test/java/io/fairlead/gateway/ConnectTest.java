package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.library.Book;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connect over HTTP/1.1. */
class ConnectTest {
  private GatewayFixture library = new GatewayFixture();

  @AfterEach
  void close() {
    library.close();
  }

  @Test
  void curlCallsAMethodWithJson() throws Exception {
    HttpResponse<String> response = library.postJson(GET_BOOK, "{\"name\":\"a\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(response.body())
        .isEqualTo(
            "{\"name\":\"a\",\"title\":\"Über a\",\"pages\":\"1099511627776\","
                + "\"published\":\"2001-09-09T01:46:40Z\"}");
  }

  @Test
  void grpcIsServedOnTheSamePort() {
    try (RpcChannel channel =
        RpcChannel.to("dns:///127.0.0.1:" + library.server.port())
            .service(LibraryRpc.service())
            .build()) {
      Book book =
          LibraryRpc.client(channel).getBook(GetBookRequest.newBuilder().setName("b").build());
      assertThat(book.getTitle()).isEqualTo("Über b");
    }
  }

  @Test
  void protobufIsTakenToo() throws Exception {
    HttpResponse<byte[]> response =
        library.postBytes(
            GET_BOOK,
            GetBookRequest.newBuilder().setName("p").build().toByteArray(),
            "content-type",
            "application/proto");
    assertThat(response.headers().firstValue("content-type")).hasValue("application/proto");
    assertThat(Book.parseFrom(response.body()).getTitle()).isEqualTo("Über p");
  }

  @Test
  void anErrorHasItsCodeAndItsStatusOfHttp() throws Exception {
    HttpResponse<String> response = library.postJson(GET_BOOK, "{\"name\":\"missing\"}");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body())
        .isEqualTo("{\"code\":\"not_found\",\"message\":\"there is no such book\"}");
  }

  @Test
  void headersAndTrailersPassBothWays() throws Exception {
    HttpResponse<String> response =
        library.post(
            GET_BOOK,
            "{}",
            "content-type",
            "application/json",
            "x-header",
            "up",
            "x-trailer",
            "down");
    assertThat(response.headers().firstValue("x-header")).hasValue("up");
    assertThat(response.headers().firstValue("trailer-x-trailer")).hasValue("down");
  }

  @Test
  void aFieldThatCannotBeReadIsNamed() throws Exception {
    assertThat(library.postJson(GET_BOOK, "{\"withTags\":\"perhaps\"}").body())
        .contains("invalid_argument", "at withTags");
    assertThat(library.postJson(GET_BOOK, "{\"title\":1}").body())
        .contains("invalid_argument", "title");
    assertThat(library.postJson(GET_BOOK, "{\"name\":").body())
        .contains("the body is not JSON at $.name");
    assertThat(library.postJson(GET_BOOK, "").body()).contains("an empty message is {}");
    assertThat(library.postJson(GET_BOOK, "{\"name\":\"a\"} x").statusCode()).isEqualTo(400);
  }

  @Test
  void anUnknownPathSaysWhatAPathLooksLike() throws Exception {
    HttpResponse<String> response = library.postJson("/gateway.v1.Library/Nothing", "{}");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("/package.Service/Method");
  }

  @Test
  void anotherContentTypeIsToldWhichAreTaken() throws Exception {
    HttpResponse<String> response = library.post(GET_BOOK, "<a/>", "content-type", "text/xml");
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.headers().firstValue("accept-post"))
        .hasValue("application/json, application/proto");
    assertThat(response.body()).contains("text/xml");
  }

  @Test
  void anotherVerbIsToldWhichAreAllowed() throws Exception {
    HttpResponse<String> response = library.send("PUT", GET_BOOK, "{}");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).hasValue("GET, POST");
    response = library.get("/gateway.v1.Library/CreateBook?encoding=json&message=%7B%7D");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).hasValue("POST");
  }

  @Test
  void aBodyAboveTheLimitIsRefused() throws Exception {
    String large = "{\"name\":\"" + "a".repeat(5 << 20) + "\"}";
    HttpResponse<String> response = library.postJson(GET_BOOK, large);
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.body()).contains("resource_exhausted", "4194304 bytes");
  }

  @Test
  void aSafeMethodIsCalledByGet() throws Exception {
    HttpResponse<String> response =
        library.get(GET_BOOK + "?connect=v1&encoding=json&message=%7B%22name%22%3A%22g%22%7D");
    assertThat(response.body()).contains("Über g");
    String message =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(GetBookRequest.newBuilder().setName("??>").build().toByteArray());
    response = library.get(GET_BOOK + "?encoding=proto&base64=1&message=" + message);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("??>");
  }

  @Test
  void bodiesAreCompressed() throws Exception {
    HttpResponse<byte[]> response =
        library.postBytes(
            GET_BOOK,
            gzip("{\"name\":\"" + "z".repeat(2000) + "\"}"),
            "content-type",
            "application/json",
            "content-encoding",
            "gzip",
            "accept-encoding",
            "gzip");
    assertThat(response.headers().firstValue("content-encoding")).hasValue("gzip");
    assertThat(response.body()).hasSizeLessThan(400);
    HttpResponse<String> unknown =
        library.post(GET_BOOK, "{}", "content-type", "application/json", "content-encoding", "br");
    assertThat(unknown.body()).contains("unimplemented", "gzip, identity");
  }

  @Test
  void aCachedResponseOfGetIsNotSentAgain() throws Exception {
    String path = GET_BOOK + "?connect=v1&encoding=json&message=%7B%7D";
    HttpResponse<String> first = library.get(path);
    assertThat(first.statusCode()).isEqualTo(200);
    String tag = first.headers().firstValue("etag").orElseThrow();
    HttpResponse<String> again = library.get(path, "if-none-match", tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(library.get(path + "&x=1", "if-none-match", "\"other\"").statusCode())
        .isEqualTo(200);
    assertThat(library.postJson(GET_BOOK, "{}").headers().firstValue("etag")).isEmpty();
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }

  @Test
  void theTimeOfTheCallerReachesTheHandler() throws Exception {
    HttpResponse<String> response =
        library.post(
            GET_BOOK, "{}", "content-type", "application/json", "connect-timeout-ms", "60000");
    assertThat(response.body()).contains("has a deadline");
    response =
        library.post(
            GET_BOOK, "{}", "content-type", "application/json", "connect-timeout-ms", "soon");
    assertThat(response.body()).contains("invalid_argument", "connect-timeout-ms");
  }

  @Test
  void aHandlerThatIsTooSlowIsToldAndItsCallerToo() throws Exception {
    HttpResponse<String> response =
        library.post(
            GET_BOOK,
            "{\"name\":\"wait\"}",
            "content-type",
            "application/json",
            "connect-timeout-ms",
            "50");
    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).contains("deadline_exceeded");
    assertThat(library.handler.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aHandlerHearsThatItsCallerHasGone() throws Exception {
    try (Socket socket = library.connect()) {
      String body = "{\"name\":\"wait\"}";
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + GET_BOOK
                      + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                      + "Content-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(library.handler.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void theAuthorizerAndTheObserversSeeTheCall() throws Exception {
    library.close();
    BlockingQueue<ServerCallOutcome> outcomes = new LinkedBlockingQueue<>();
    ServerCallObserver observer =
        new ServerCallObserver() {
          @Override
          public void callEnded(ServerCallOutcome outcome) {
            outcomes.add(outcome);
          }
        };
    Authorizer authorizer =
        request ->
            CompletableFuture.completedFuture(
                request
                        .headers()
                        .containsKey(
                            io.grpc.Metadata.Key.of(
                                "authorization", io.grpc.Metadata.ASCII_STRING_MARSHALLER))
                    ? (Authorizer.Verdict)
                        new Authorizer.Verdict.Allowed(new Caller("ann", java.util.Set.of()))
                    : new Authorizer.Verdict.Unauthenticated("who are you?"));
    library = new GatewayFixture(server -> server.authorizer(authorizer).observer(observer));
    assertThat(library.postJson(GET_BOOK, "{}").statusCode()).isEqualTo(401);
    assertThat(outcomes.poll(20, TimeUnit.SECONDS))
        .extracting(ServerCallOutcome::ending)
        .isEqualTo(ServerCallOutcome.Ending.REJECTED_BY_AUTHORIZER);
    HttpResponse<String> known =
        library.post(
            GET_BOOK, "{}", "content-type", "application/json", "authorization", "Bearer a");
    assertThat(known.statusCode()).isEqualTo(200);
    assertThat(outcomes.poll(20, TimeUnit.SECONDS))
        .extracting(ServerCallOutcome::ending)
        .isEqualTo(ServerCallOutcome.Ending.OK);
  }

  @Test
  void aStreamOfResponsesEndsWithItsStatus() throws Exception {
    assertThat(stream("/gateway.v1.Library/Read", "{\"name\":\"a\"}"))
        .containsExactly("0 {\"text\":\"one\"}", "0 {\"text\":\"two\"}", "2 {}");
    assertThat(stream("/gateway.v1.Library/Read", "{\"name\":\"torn\"}"))
        .containsExactly(
            "0 {\"text\":\"one\"}",
            "2 {\"error\":{\"code\":\"data_loss\",\"message\":\"the page is torn\"}}");
  }

  @Test
  void aStreamOfRequestsIsTaken() throws Exception {
    assertThat(stream("/gateway.v1.Library/Count", "{\"text\":\"a\"}", "{\"text\":\"b\"}"))
        .containsExactly("0 {\"lines\":2}", "2 {}");
    assertThat(stream("/gateway.v1.Library/Echo", "{\"text\":\"a\"}", "{\"text\":\"b\"}"))
        .containsExactly("0 {\"text\":\"a\"}", "0 {\"text\":\"b\"}", "2 {}");
  }

  @Test
  void aMessageOfAStreamThatIsCutIsAnError() throws Exception {
    HttpResponse<byte[]> response =
        library.postBytes(
            "/gateway.v1.Library/Count",
            new byte[] {0, 0, 0},
            "content-type",
            "application/connect+json");
    assertThat(frames(response.body()).get(0)).contains("invalid_argument", "within a message");
  }

  private List<String> stream(String path, String... messages) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    for (String message : messages) {
      byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
      out.writeByte(0);
      out.writeInt(bytes.length);
      out.write(bytes);
    }
    HttpResponse<byte[]> response =
        library.postBytes(path, body.toByteArray(), "content-type", "application/connect+json");
    assertThat(response.statusCode()).isEqualTo(200);
    return frames(response.body());
  }

  private static List<String> frames(byte[] body) throws IOException {
    List<String> frames = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    while (in.available() > 0) {
      int flags = in.readUnsignedByte();
      byte[] content = in.readNBytes(in.readInt());
      frames.add(flags + " " + new String(content, StandardCharsets.UTF_8));
    }
    return frames;
  }
}
