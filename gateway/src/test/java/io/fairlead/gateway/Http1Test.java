package io.fairlead.gateway;

import static io.fairlead.gateway.GatewayFixture.GET_BOOK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands between HTTP/1.1 and the protocols above it. */
class Http1Test {
  private static final String HEAD =
      "POST " + GET_BOOK + " HTTP/1.1\nHost: a\nContent-Type: application/json\n";

  private final GatewayFixture library = new GatewayFixture();

  @AfterEach
  void close() {
    library.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\nTransfer-Encoding: chunked\n\n0\n\n",
        "Content-Length: 2\nContent-Length: 3\n\n{}x",
        "Content-Length: +2\n\n{}",
        "Content-Length: 2, 3\n\n{}",
        "Transfer-Encoding: gzip, chunked\n\n0\n\n",
        "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n\n0\n\n",
        "Transfer-Encoding: xchunked\n\n0\n\n",
        "Transfer-Encoding: chunked\n\nzz\n{}\n0\n\n",
        "Content-Length : 2\n\n{}",
        "Host: b\nContent-Length: 2\n\n{}",
      })
  void aRequestThatTwoPartiesCouldReadDifferentlyEndsTheConnection(String rest) throws Exception {
    String answer = library.sendRaw(HEAD + rest + "GET /v1/books/smuggled HTTP/1.1\nHost: a\n\n");
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(answer.split("HTTP/1.1 [0-9]", -1)).as(answer).hasSize(2);
  }

  @Test
  void requestsThatAreSentAheadAreAnsweredInTheirOrder() throws Exception {
    String one = HEAD + "Content-Length: 12\n\n{\"name\":\"1\"}";
    String two = HEAD + "Connection: close\nContent-Length: 12\n\n{\"name\":\"2\"}";
    String answer = library.sendRaw(one + two);
    assertThat(answer.split("HTTP/1.1 200", -1)).hasSize(3);
    assertThat(answer.indexOf("Über 1")).isPositive().isLessThan(answer.indexOf("Über 2"));
  }

  @Test
  void aCallerThatAsksFirstIsToldToContinue() throws Exception {
    try (Socket socket = library.connect()) {
      send(socket, HEAD + "Connection: close\nExpect: 100-continue\nContent-Length: 2\n\n");
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(in.readLine()).isEqualTo("HTTP/1.1 100 Continue");
      assertThat(in.readLine()).isEmpty();
      send(socket, "{}");
      assertThat(in.readLine()).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  @Test
  void aCallerThatAsksFirstIsNotToldToSendWhatNobodyTakes() throws Exception {
    assertThat(
            library.sendRaw(
                "POST /nowhere HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: 9\n\n"))
        .startsWith("HTTP/1.1 404 ")
        .doesNotContain("100 Continue");
  }

  @Test
  void aWholeUrlIsATarget() throws Exception {
    assertThat(library.sendRaw("GET http://b/v1/books/a HTTP/1.1\nHost: a\nConnection: close\n\n"))
        .contains("Über a");
  }

  @Test
  void http10IsAnswered() throws Exception {
    assertThat(library.sendRaw("GET /v1/books/a HTTP/1.0\n\n")).contains("Über a");
    assertThat(library.sendRaw("GET /v1/shelves/1/books/2/lines HTTP/1.0\n\n"))
        .doesNotContain("chunked")
        .endsWith("{\"text\":\"two\"}]");
  }

  @Test
  void aLineOrHeadersThatAreTooLongAreRefused() throws Exception {
    assertThat(library.sendRaw("GET /" + "a".repeat(20_000) + " HTTP/1.1\nHost: a\n\n"))
        .startsWith("HTTP/1.1 414 ");
    assertThat(library.sendRaw("GET / HTTP/1.1\nHost: a\nx: " + "a".repeat(10_000) + "\n\n"))
        .startsWith("HTTP/1.1 431 ");
  }

  @Test
  void anIdleConnectionDoesNotHoldUpTheEndOfTheServer() throws Exception {
    try (Socket socket = library.connect()) {
      send(socket, "GET /v1/books/a HTTP/1.1\nHost: a\n\n");
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      library.server.close();
      socket.getInputStream().readAllBytes();
    }
  }

  @Test
  void aRequestUnderWayIsAnsweredBeforeTheServerEnds() throws Exception {
    try (Socket socket = library.connect()) {
      send(socket, HEAD + "Content-Length: 15\n\n{\"name\":\"wait\"}");
      assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
      Thread closer = new Thread(library.server::close);
      closer.start();
      // The port is closed before the drain begins.
      while (isListening()) {
        Thread.onSpinWait();
      }
      library.handler.cancelled.countDown();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 200 ").contains("Über wait");
      closer.join(20_000);
      assertThat(closer.isAlive()).isFalse();
    }
  }

  @Test
  void aCallThatLastsLongerThanTheHandshakeMayIsAnswered() throws Exception {
    try (GatewayFixture quick =
            new GatewayFixture(
                server -> server.connections(c -> c.handshakeTimeout(Duration.ofSeconds(1))));
        Socket socket = quick.connect()) {
      send(socket, HEAD + "Connection: close\nContent-Length: 15\n\n{\"name\":\"wait\"}");
      assertThat(quick.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
      // One that began later, and says nothing, has its end behind it.
      try (Socket silent = quick.connect()) {
        assertThat(silent.getInputStream().read()).isEqualTo(-1);
      }
      quick.handler.cancelled.countDown();
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200 ")
          .contains("Über wait");
    }
  }

  @Test
  void anUploadOfZerosIsNotTakenForAFloodOfFrames() throws Exception {
    // Behind the length of a preface stands what would be the length of a frame: 2,171,169.
    String line = "POST http://aaaaaaaaaaaa!!!" + GET_BOOK + " HTTP/1.1\nHost: a\n";
    String body = "\0".repeat(3_000_000);
    assertThat(
            library.sendRaw(
                line
                    + "Content-Type: application/json\nConnection: close\nContent-Length: "
                    + body.length()
                    + "\n\n"
                    + body))
        .startsWith("HTTP/1.1 400 ");
  }

  private boolean isListening() {
    try (Socket socket = library.connect()) {
      return socket.isConnected();
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private static void send(Socket socket, String text) throws java.io.IOException {
    socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }
}
