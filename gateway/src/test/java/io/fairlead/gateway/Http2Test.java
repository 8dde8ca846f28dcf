package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.fairlead.gateway.internal.http.ConnectionLimits;
import io.fairlead.gateway.internal.http.GatewayServer;
import io.fairlead.gateway.internal.http.HttpService;
import io.fairlead.gateway.library.GetBookRequest;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams of HTTP/2 that are not gRPC, on one connection with those that are. */
class Http2Test {
  private final GatewayFixture library = new GatewayFixture();
  private Http2Client client;

  @BeforeEach
  void connect() throws Exception {
    client = new Http2Client(library.server.port());
  }

  @AfterEach
  void close() {
    client.close();
    library.close();
  }

  private static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private Http2Client.Stream json(String path, String body) throws Exception {
    Http2Client.Stream stream =
        client.open("POST", path, false, "content-type", "application/json");
    stream.send(body.getBytes(UTF_8), true);
    return stream;
  }

  private Http2Client.Stream grpc(String name) throws Exception {
    Http2Client.Stream stream =
        client.open("POST", GET_BOOK, false, "content-type", "application/grpc", "te", "trailers");
    stream.send(frame(GetBookRequest.newBuilder().setName(name).build().toByteArray()), true);
    return stream;
  }

  @Test
  void callsOfAllKindsShareAConnection() throws Exception {
    List<Http2Client.Stream> json = new ArrayList<>();
    List<Http2Client.Stream> grpc = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      json.add(json(GET_BOOK, "{\"name\":\"j" + i + "\"}"));
      grpc.add(grpc("g" + i));
    }
    for (int i = 0; i < 50; i++) {
      assertThat(json.get(i).body()).contains("Über j" + i);
      assertThat(grpc.get(i).body()).contains("Über g" + i);
      assertThat(grpc.get(i).trailers().get("grpc-status")).hasToString("0");
    }
  }

  @Test
  void aRequestWithoutABodyIsARequest() throws Exception {
    Http2Client.Stream stream = client.open("GET", "/v1/books/a", true);
    assertThat(stream.status()).isEqualTo("200");
    assertThat(stream.body()).contains("Über a");
  }

  @Test
  void jsonInFramesOfGrpcEndsInTrailers() throws Exception {
    Http2Client.Stream stream =
        client.open("POST", GET_BOOK, false, "content-type", "application/grpc+json");
    stream.send(frame("{\"name\":\"a\"}".getBytes(UTF_8)), true);
    assertThat(stream.body()).contains("{\"name\":\"a\",\"title\":\"Über a\"");
    assertThat(stream.trailers().get("grpc-status")).hasToString("0");
  }

  @Test
  void aStreamInBothDirectionsAnswersBeforeItsEnd() throws Exception {
    Http2Client.Stream stream =
        client.open(
            "POST", "/gateway.v1.Library/Echo", false, "content-type", "application/connect+json");
    stream.send(frame("{\"text\":\"a\"}".getBytes(UTF_8)), false);
    assertThat(stream.status()).isEqualTo("200");
    stream.send(frame("{\"text\":\"b\"}".getBytes(UTF_8)), true);
    assertThat(stream.body()).contains("{\"text\":\"a\"}", "{\"text\":\"b\"}");
  }

  @Test
  void aLargeBodyArrivesInBothDirections() throws Exception {
    String name = "n".repeat(3 << 20);
    assertThat(json(GET_BOOK, "{\"name\":\"" + name + "\"}").body()).contains("Über " + name);
  }

  @Test
  void aBodyAboveTheLimitIsRefusedAndTheConnectionLives() throws Exception {
    Http2Client.Stream stream = json(GET_BOOK, "{\"name\":\"" + "n".repeat(5 << 20) + "\"}");
    assertThat(stream.status()).isEqualTo("429");
    assertThat(grpc("after").body()).contains("Über after");
    assertThat(client.isOpen()).isTrue();
  }

  @Test
  void aHandlerHearsThatItsCallerHasReset() throws Exception {
    Http2Client.Stream stream = json(GET_BOOK, "{\"name\":\"wait\"}");
    assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
    stream.reset();
    assertThat(library.handler.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(grpc("after").body()).contains("Über after");
  }

  @Test
  void anUnknownPathIsAnsweredAndTheConnectionLives() throws Exception {
    assertThat(client.open("GET", "/nowhere", true).status()).isEqualTo("404");
    assertThat(grpc("after").body()).contains("Über after");
  }

  @Test
  void aCallWhoseBodyFailsTheGatewayIsCancelled() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    HttpService failing =
        exchange ->
            new BodyReceiver() {
              @Override
              public void data(ByteBuf data) {
                data.release();
                throw new IllegalStateException("as it should");
              }

              @Override
              public void end() {}

              @Override
              public void cancelled() {
                cancelled.countDown();
              }
            };
    try (GatewayFixture broken =
            new GatewayFixture(
                server ->
                    server.gateway(
                        port ->
                            GatewayServer.start(
                                port, failing, ConnectionLimits.DEFAULT, () -> {})));
        Http2Client caller = new Http2Client(broken.server.port())) {
      Http2Client.Stream stream = caller.open("POST", "/", false);
      stream.send(new byte[1], false);
      assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(stream::body).hasMessageContaining("reset");
    }
  }
}
