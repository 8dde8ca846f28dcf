package io.fairlead.gateway.internal.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hostile HTTP/1.1. {@code -Dgateway.http.fuzz=10000000} sends as many requests as that, with
 * {@code -Dgateway.http.seed} from another start.
 */
class Http1FuzzTest {
  private static final int REQUESTS = Integer.getInteger("gateway.http.fuzz", 60_000);
  private static final long SEED = Long.getLong("gateway.http.seed", 20_261_130);

  private static final String PATH = "/gateway.v1.Library/GetBook";
  private static final String SMUGGLED = "GET /v1/books/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String START = "POST " + PATH + " HTTP/1.1\r\nHost: a\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";

  /** Each is a request that two parties could read differently. */
  static Stream<String> corpus() {
    String chunked = "\r\n2\r\n{}\r\n0\r\n\r\n";
    return Stream.of(
            // Two framings, or one that is not exactly chunked.
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n" + chunked,
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n" + chunked,
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunked,
            "Transfer-Encoding: chunked, chunked\r\n" + chunked,
            "Transfer-Encoding: identity, chunked\r\n" + chunked,
            "Transfer-Encoding: chunked, identity\r\n" + chunked,
            "Transfer-Encoding: identity\r\n" + chunked,
            "Transfer-Encoding: gzip, chunked\r\n" + chunked,
            "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n" + chunked,
            "Transfer-Encoding: xchunked\r\n" + chunked,
            "Transfer-Encoding: chunkedx\r\n" + chunked,
            "Transfer-Encoding: \"chunked\"\r\n" + chunked,
            "Transfer-Encoding: chunked;q=1\r\n" + chunked,
            "Transfer-Encoding: \u000bchunked\r\n" + chunked,
            "Transfer-Encoding: chunked\u000b\r\n" + chunked,
            "Transfer-Encoding: chunked\0\r\n" + chunked,
            "Transfer-Encoding:\r\n chunked\r\n" + chunked,
            "Transfer-Encoding : chunked\r\n" + chunked,
            "Transfer-Encoding\t: chunked\r\n" + chunked,
            "Transfer-Encoding\0: chunked\r\n" + chunked,
            "\u00a0Transfer-Encoding: chunked\r\n" + chunked,
            "X: y\rTransfer-Encoding: chunked\r\n" + chunked,
            "X: y\nTransfer-Encoding: chunked\r\n" + chunked,
            // A length that is no number, or more than one.
            "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "Content-Length: 2, 2\r\n\r\n{}",
            "Content-Length: +2\r\n\r\n{}",
            "Content-Length: -2\r\n\r\n{}",
            "Content-Length: 0x2\r\n\r\n{}",
            "Content-Length: 2.0\r\n\r\n{}",
            "Content-Length: 2e0\r\n\r\n{}",
            "Content-Length: 2 2\r\n\r\n{}",
            "Content-Length: 2;\r\n\r\n{}",
            "Content-Length: \u00b2\r\n\r\n{}",
            "Content-Length:\r\n\r\n{}",
            "Content-Length: 99999999999999999999\r\n\r\n{}",
            "Content-Length: \u000b2\r\n\r\n{}",
            "Content-Length: 2\0\r\n\r\n{}",
            "Content-Length : 2\r\n\r\n{}",
            "Content Length: 2\r\nContent-Length : 2\r\n\r\n{}",
            "Content-Length\r\n\r\n{}",
            "Content-Length: \r\n 2\r\n\r\n{}",
            // Chunks.
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2 2\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n100000002\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
            // Hosts.
            "Host: b\r\nContent-Length: 2\r\n\r\n{}",
            "Host : b\r\nContent-Length: 2\r\n\r\n{}",
            " Host: b\r\nContent-Length: 2\r\n\r\n{}")
        .map(rest -> START + JSON + rest);
  }

  /** The same of a request line, and of what ends a line. */
  static Stream<String> lines() {
    String rest = "Host: a\r\n" + JSON + "Content-Length: 2\r\n\r\n{}";
    return Stream.of(
        "POST " + PATH + " HTTP/1.1\n" + rest,
        "POST " + PATH + " HTTP/1.1\r" + rest,
        "POST " + PATH + " HTTP/1.1\r\n" + rest.replace("\r\n", "\n"),
        "POST " + PATH + " HTTP/1.1x\r\n" + rest,
        "POST " + PATH + " HTTP/11\r\n" + rest,
        "POST " + PATH + " HTTP/2.0\r\n" + rest,
        "POST " + PATH + " http/1.1\r\n" + rest,
        "POST " + PATH + " HTTP/1.1 HTTP/1.1\r\n" + rest,
        "POST " + PATH + "\r\n" + rest,
        "PO(ST " + PATH + " HTTP/1.1\r\n" + rest,
        "POST\0 " + PATH + " HTTP/1.1\r\n" + rest,
        "POST " + PATH + "\0 HTTP/1.1\r\n" + rest,
        "POST gateway.v1.Library/GetBook HTTP/1.1\r\n" + rest,
        "POST " + PATH + " HTTP/1.1\r\n" + JSON + "Content-Length: 2\r\n\r\n{}",
        "POST " + PATH + " HTTP/1.0\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  @ParameterizedTest
  @MethodSource({"corpus", "lines"})
  void nothingComesThroughBehindARequestThatIsReadInTwoWays(String request) {
    for (boolean inBytes : List.of(false, true)) {
      byte[] all = (request + SMUGGLED).getBytes(ISO_8859_1);
      Http1Attacker.Answer answer =
          new Http1Attacker().send(inBytes ? bytewise(all) : List.of(all));
      assertThat(answer.begun()).doesNotContain("/v1/books/smuggled");
      assertThat(answer.statuses()).as(answer.toString()).hasSizeLessThanOrEqualTo(1);
      assertThat(answer.statuses()).allMatch(status -> status >= 400 && status < 500);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\t", " \t "})
  void aFoldedLineIsPartOfTheHeaderBeforeItAndFramesNothing(String fold) {
    String request =
        START + "X: y\r\n" + fold + "Content-Length: " + SMUGGLED.length() + "\r\n" + JSON;
    Http1Attacker.Answer answer =
        new Http1Attacker()
            .send(
                List.of((request + "Content-Length: 2\r\n\r\n{}" + SMUGGLED).getBytes(ISO_8859_1)));
    assertThat(answer.begun()).containsExactly(PATH, "/v1/books/smuggled");
  }

  private static List<byte[]> bytewise(byte[] all) {
    List<byte[]> parts = new ArrayList<>();
    for (byte b : all) {
      parts.add(new byte[] {b});
    }
    return parts;
  }

  private static final List<String> WHOLE =
      List.of(
          START + JSON + "Content-Length: 12\r\n\r\n{\"name\":\"1\"}",
          START
              + JSON
              + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"nam\r\n7;x=y\r\ne\":\"2\"}\r\n0\r\nt: u\r\n\r\n",
          START + "Content-Type: application/proto\r\nContent-Length: 3\r\n\r\n\n\1a",
          START + JSON + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
          START
              + JSON
              + "Connect-Timeout-Ms: 1000\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
          "GET "
              + PATH
              + "?connect=v1&encoding=json&message=%7B%7D HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", *\r\n\r\n",
          "GET /v1/books/%C3%BC?with_tags=true HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=1.0, *;q=0\r\n\r\n",
          "HEAD /v1/shelves/1/books/2 HTTP/1.1\r\nHost: a\r\n\r\n",
          "GET http://b/v1/shelves/1/books?page_size=1&filter.genre=POETRY HTTP/1.1\r\nHost: a\r\n\r\n",
          "GET /v1/shelves/1/books/2/lines HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n",
          "PATCH /v1/shelves/1/books/2?updateMask=title HTTP/1.1\r\nHost: a\r\n"
              + JSON
              + "Content-Length: 13\r\n\r\n{\"title\":\"T\"}",
          "POST /v1/shelves/1/books HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n"
              + JSON
              + "Content-Length: 24\r\n\r\n{\"author\":{\"born\":1819}}",
          "POST /v1/lines:count HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: 26\r\n\r\n{\"text\":\"a\"}\n{\"text\":\"b\"}\n",
          "POST /v1/uploads/film HTTP/1.1\r\nHost: a\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
          "POST /gateway.v1.Library/Count HTTP/1.1\r\nHost: a\r\nContent-Type: application/connect+json\r\nContent-Length: 17\r\n\r\n\0\0\0\0\f{\"text\":\"a\"}",
          "POST "
              + PATH
              + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web-text\r\nContent-Length: 8\r\n\r\nAAAAAAA=",
          "OPTIONS "
              + PATH
              + " HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  private static final List<String> PIECES =
      List.of(
          "\r\n",
          "\n",
          "\r",
          " ",
          "\t",
          "\0",
          ":",
          ";",
          ",",
          "/",
          "?",
          "&",
          "=",
          "%",
          "%00",
          "%2F",
          "..",
          "{",
          "}",
          "[",
          "\"",
          "\\u0000",
          "\u00ff\u00fe",
          "0\r\n\r\n",
          "ffffffff",
          "-1",
          "Content-Length: 5\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Expect: x\r\n",
          "Connection: close\r\n",
          "Upgrade: h2c\r\n",
          "Content-Encoding: gzip\r\n",
          "Content-Type: application/grpc-web+json\r\n",
          "Connect-Timeout-Ms: 1\r\n",
          "Grpc-Timeout: 1n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "HTTP/1.1",
          "HTTP/1.0");

  @Test
  void whateverIsSentEndsWithoutAHangALeakOrAFailure() {
    Random random = new Random(SEED);
    Http1Attacker attacker = new Http1Attacker();
    long good = 0;
    long bad = 0;
    for (int sent = 0; sent < REQUESTS; ) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      int requests = 1 + random.nextInt(3);
      for (int i = 0; i < requests; i++) {
        all.writeBytes(request(random));
      }
      sent += requests;
      byte[] bytes = all.toByteArray();
      Http1Attacker.Answer answer;
      try {
        answer = attacker.send(parts(bytes, random));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("failed with " + Arrays.toString(bytes), e);
      }
      for (int status : answer.statuses()) {
        if (status >= 500 && status != 501 && status != 504) {
          throw new AssertionError(status + " for " + new String(bytes, ISO_8859_1));
        }
        if (status < 400) {
          good++;
        } else {
          bad++;
        }
      }
      assertThat(answer.statuses()).hasSizeGreaterThanOrEqualTo(answer.begun().size() - 1);
    }
    // What is refused at the first byte would test nothing behind it.
    assertThat(good).isGreaterThan(REQUESTS / 20);
    assertThat(bad).isGreaterThan(REQUESTS / 20);
  }

  private static byte[] request(Random random) {
    byte[] bytes = WHOLE.get(random.nextInt(WHOLE.size())).getBytes(ISO_8859_1);
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes = changed(bytes, random);
    }
    return bytes;
  }

  private static byte[] changed(byte[] bytes, Random random) {
    if (bytes.length < 2) {
      return bytes;
    }
    int from = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(8));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    switch (random.nextInt(6)) {
      case 0 -> {
        byte[] flipped = bytes.clone();
        flipped[from] ^= (byte) (1 << random.nextInt(8));
        return flipped;
      }
      case 1 -> {
        all.write(bytes, 0, from);
        all.write(bytes, to, bytes.length - to);
      }
      case 2 -> {
        all.write(bytes, 0, to);
        all.write(bytes, from, bytes.length - from);
      }
      case 3 -> {
        byte[] other = WHOLE.get(random.nextInt(WHOLE.size())).getBytes(ISO_8859_1);
        all.write(bytes, 0, from);
        int at = random.nextInt(other.length);
        all.write(other, at, other.length - at);
      }
      default -> {
        all.write(bytes, 0, from);
        byte[] piece = PIECES.get(random.nextInt(PIECES.size())).getBytes(ISO_8859_1);
        for (int i = random.nextInt(10) == 0 ? 3_000 / piece.length : 1; i > 0; i--) {
          all.writeBytes(piece);
        }
        all.write(bytes, from, bytes.length - from);
      }
    }
    return all.toByteArray();
  }

  private static List<byte[]> parts(byte[] bytes, Random random) {
    List<byte[]> parts = new ArrayList<>();
    int at = 0;
    int most = random.nextBoolean() ? bytes.length : 1 + random.nextInt(200);
    while (at < bytes.length) {
      int to = Math.min(bytes.length, at + 1 + random.nextInt(most));
      parts.add(Arrays.copyOfRange(bytes, at, to));
      at = to;
    }
    return parts;
  }
}
