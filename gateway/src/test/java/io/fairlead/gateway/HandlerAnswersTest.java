package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Statuses and metadata that gRPC lets a handler send, and HTTP does not. */
@Timeout(60)
class HandlerAnswersTest {
  private static final String READ = "/gateway.v1.Library/Read";
  private static final String GRPC_WEB = "application/grpc-web+proto";

  private final Metadata headers = new Metadata();
  private final Metadata trailers = new Metadata();
  private final BlockingQueue<ServerCallOutcome> outcomes = new LinkedBlockingQueue<>();

  /** What the handler answers; OK leaves the call to the library. */
  private Status status = Status.OK;

  private final GatewayFixture library =
      new GatewayFixture(
          server ->
              server
                  .intercept(new Answering())
                  .observer(
                      new ServerCallObserver() {
                        @Override
                        public void callEnded(ServerCallOutcome outcome) {
                          outcomes.add(outcome);
                        }
                      }));

  private final class Answering implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata received, ServerCallHandler<Q, R> next) {
      if (!status.isOk()) {
        call.close(status, trailers);
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(
          new io.grpc.ForwardingServerCall.SimpleForwardingServerCall<Q, R>(call) {
            @Override
            public void sendHeaders(Metadata given) {
              given.merge(headers);
              super.sendHeaders(given);
            }

            @Override
            public void close(Status end, Metadata given) {
              given.merge(trailers);
              super.close(end, given);
            }
          },
          received);
    }
  }

  @AfterEach
  void close() {
    library.close();
  }

  private static void put(Metadata metadata, String name, String value) {
    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
  }

  private HttpResponse<String> grpcWeb(String path) throws Exception {
    return library.post(path, "\0\0\0\0\0", "content-type", GRPC_WEB);
  }

  @Test
  void aDescriptionMayBeginAndEndWithASpace() throws Exception {
    status = Status.NOT_FOUND.withDescription(" x is unknown ");
    assertThat(grpcWeb(GET_BOOK).body())
        .contains("grpc-status: 5\r\n", "grpc-message: %20x is unknown%20\r\n");
  }

  @Test
  void aDescriptionIsSentAsFarAsItIsOfUse() throws Exception {
    status = Status.NOT_FOUND.withDescription("é".repeat(100_000));
    String body = grpcWeb(GET_BOOK).body();
    assertThat(body).contains("grpc-message: %C3%A9%C3%A9").hasSizeLessThan(64 << 10);
  }

  @Test
  void metadataThatHttpForbidsDoesNotCostTheResponse() throws Exception {
    for (Metadata each : new Metadata[] {headers, trailers}) {
      put(each, "x-lines", "a\r\nb");
      put(each, "x-space", " c");
      put(each, "x-plain", "d");
    }
    HttpResponse<String> connect = library.postJson(GET_BOOK, "{\"name\":\"a\"}");
    assertThat(connect.body()).contains("Über a");
    assertThat(connect.headers().map()).doesNotContainKeys("x-lines", "trailer-x-lines");
    assertThat(connect.headers().firstValue("x-space")).hasValue("c");
    assertThat(connect.headers().firstValue("trailer-x-plain")).hasValue("d");
    assertThat(library.get("/v1/shelves/s/books/a").statusCode()).isEqualTo(200);
    assertThat(grpcWeb(READ).body())
        .contains("grpc-status: 0\r\n", "x-plain: d\r\n", "x-space: c\r\n")
        .doesNotContain("x-lines");
  }

  @Test
  void aHandlerCannotChangeWhereAResponseEnds() throws Exception {
    put(headers, "content-length", "3");
    put(headers, "transfer-encoding", "gzip");
    put(headers, "content-encoding", "br");
    put(headers, "upgrade", "h2c");
    put(trailers, "content-length", "4");
    put(trailers, "transfer-encoding", "chunked");
    String unary = raw(GET_BOOK, "application/json", "{}");
    assertThat(head(unary)).containsPattern("content-length: [0-9]{2,}\r\n");
    assertThat(head(unary))
        .doesNotContain("transfer-encoding", "content-encoding", "upgrade", "length: 3\r\n");
    String stream = raw(READ, GRPC_WEB, "\0\0\0\0\0");
    assertThat(head(stream)).contains("transfer-encoding: chunked\r\n");
    assertThat(head(stream)).doesNotContain("content-length", "gzip\r\ncontent", "upgrade");
    assertThat(head(stream).split("transfer-encoding", -1)).hasSize(2);
    assertThat(stream).doesNotContain("content-length");
  }

  private String raw(String path, String type, String body) throws Exception {
    return library.sendRaw(
        "POST "
            + path
            + " HTTP/1.1\nHost: a\nConnection: close\nContent-Type: "
            + type
            + "\nContent-Length: "
            + body.length()
            + "\n\n"
            + body);
  }

  private static String head(String response) {
    return response
        .substring(0, response.indexOf("\r\n\r\n") + 2)
        .toLowerCase(java.util.Locale.ROOT);
  }

  @Test
  void theAccessLogKnowsThePeerAndTheDeadline() throws Exception {
    assertThat(
            library
                .post(
                    GET_BOOK,
                    "{}",
                    "content-type",
                    "application/json",
                    "connect-timeout-ms",
                    "60000")
                .statusCode())
        .isEqualTo(200);
    ServerCallOutcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    assertThat(outcome.peer())
        .hasValueSatisfying(
            peer ->
                assertThat(((InetSocketAddress) peer).getAddress().isLoopbackAddress()).isTrue());
    assertThat(outcome.deadline())
        .hasValueSatisfying(
            given -> assertThat(given).isBetween(Duration.ofSeconds(50), Duration.ofMinutes(1)));
  }
}
