package io.fairlead.management;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementServerTest {
  private static final String TOKEN = "0123456789abcdef";

  private final HttpClient http = HttpClient.newHttpClient();
  private ManagementServer server = ManagementServer.builder().port(0).start();

  @AfterEach
  void stop() {
    server.close();
  }

  private void start(UnaryOperator<ManagementServer.Builder> change) {
    server.close();
    server = change.apply(ManagementServer.builder().port(0)).start();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    return send("GET", path, "", headers);
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri(path)).method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  /** For what an HTTP client would not send. */
  private String sendRaw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(request.replace("\n", "\r\n").getBytes(US_ASCII));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aProcessWithoutAServerIsAliveAndReady() throws Exception {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    assertThat(get("/readyz").body()).isEqualTo("ok\n");
  }

  @Test
  void aHandlerSeesThePathBelowItsOwn() throws Exception {
    start(
        builder ->
            builder.handler(
                "/calls",
                exchange ->
                    exchange.respond(
                        200,
                        "text/plain",
                        exchange.path() + " " + exchange.parameter("code").orElse("none"))));
    assertThat(get("/calls").body()).isEqualTo("/ none");
    assertThat(get("/calls/recent%20ones?x=1&code=NOT%5FFOUND").body())
        .isEqualTo("/recent ones NOT_FOUND");
  }

  @Test
  void theLongestPathWins() throws Exception {
    start(
        builder ->
            builder
                .handler("/a", exchange -> exchange.respond(200, "text/plain", "a"))
                .handler("/a/b", exchange -> exchange.respond(200, "text/plain", "b")));
    assertThat(get("/a/b/c").body()).isEqualTo("b");
    assertThat(get("/a/bc").body()).isEqualTo("a");
  }

  @Test
  void aWrongPathNamesThoseThatThereAre() throws Exception {
    start(builder -> builder.handler("/metrics", exchange -> {}));
    HttpResponse<String> response = get("/metric");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body())
        .isEqualTo("/metric is not here; there are [/healthz, /metrics, /readyz]\n");
  }

  @Test
  void theFirstPageListsThePathsForPeopleAndForCurl() throws Exception {
    start(builder -> builder.handler("/metrics", exchange -> {}));
    assertThat(get("/", "Accept", "*/*").body()).isEqualTo("/healthz\n/metrics\n/readyz\n");
    assertThat(get("/", "Accept", "text/html,*/*;q=0.8").body())
        .contains("<a href=\"/metrics\">/metrics</a>");
  }

  @Test
  void aMethodThatIsNotPossibleNamesThoseThatAre() throws Exception {
    start(builder -> builder.handler("/metrics", exchange -> exchange.allow("GET")));
    HttpResponse<String> response =
        send("DELETE", "/metrics", "", ManagementServer.ACTION_HEADER, "1");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).contains("GET");
    assertThat(response.body()).isEqualTo("DELETE is not possible here; use GET\n");
  }

  @Test
  void aPageOfAnotherOriginCannotChangeAnything() throws Exception {
    start(
        builder -> builder.handler("/drain", exchange -> exchange.respond(200, "text/plain", "x")));
    HttpResponse<String> response = send("POST", "/drain", "");
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(response.body()).contains("POST needs the header X-Fairlead-Action");
    assertThat(send("POST", "/drain", "", ManagementServer.ACTION_HEADER, "1").statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "attacker.example, 403",
    "127.0.0.1.attacker.example, 403",
    "localhost.attacker.example:80, 403",
    "localhost:80, 200",
    "127.0.0.1, 200",
    "[::1]:80, 200"
  })
  void aNameThatAnAttackerPointsAtLoopbackIsTurnedAway(String host, int status) throws Exception {
    start(
        builder -> builder.handler("/state", exchange -> exchange.respond(200, "text/plain", "x")));
    assertThat(sendRaw("GET /state HTTP/1.1\nHost: " + host + "\nConnection: close\n\n"))
        .startsWith("HTTP/1.1 " + status);
  }

  @Test
  void whoeverHasNoTokenReachesTheProbesOnly() throws Exception {
    start(
        builder ->
            builder
                .bearerToken(TOKEN)
                .handler("/state", exchange -> exchange.respond(200, "text/plain", "x")));
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    assertThat(get("/state").statusCode()).isEqualTo(401);
    assertThat(get("/state").headers().firstValue("WWW-Authenticate")).contains("Bearer");
    assertThat(get("/state", "Authorization", "Bearer " + TOKEN + "0").statusCode()).isEqualTo(401);
    assertThat(get("/state", "Authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(200);
  }

  @Test
  void anAddressThatOthersReachWantsAGuard() {
    ManagementServer.Builder open = ManagementServer.builder().port(0).host("0.0.0.0");
    assertThatThrownBy(open::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "others can reach the management server on 0.0.0.0: add bearerToken(...), tls(...) with"
                + " authorities to trust, or allowUnauthenticated() where the network guards it");
    server.close();
    server = open.allowUnauthenticated().start();
    assertThat(server.port()).isPositive();
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    int taken = server.port();
    assertThatThrownBy(() -> ManagementServer.builder().port(taken).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot listen on /127.0.0.1:" + taken)
        .hasMessageContaining("choose another port(...)");
  }

  @Test
  void aBodyBeyondTheLimitIsRefused() throws Exception {
    start(
        builder ->
            builder
                .maxBodySize(10)
                .handler(
                    "/echo",
                    exchange -> {
                      try (InputStream body = exchange.body()) {
                        exchange.respond(200, "text/plain", body.readAllBytes());
                      }
                    }));
    String action = ManagementServer.ACTION_HEADER;
    assertThat(send("POST", "/echo", "0123456789", action, "1").body()).isEqualTo("0123456789");
    HttpResponse<String> refused = send("POST", "/echo", "0123456789a", action, "1");
    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused.body()).isEqualTo("the body has more than 10 bytes\n");
  }

  @Test
  void aHandlerThatFailsIsLoggedAndAnsweredFor() throws Exception {
    try (LogCapture log = LogCapture.of(ManagementServer.class.getName())) {
      start(
          builder ->
              builder.handler(
                  "/state",
                  exchange -> {
                    throw new IllegalStateException("no state");
                  }));
      HttpResponse<String> response = get("/state");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("the handler of /state failed").contains("no state");
      assertThat(log.lines()).containsExactly("the handler of /state failed");
    }
  }

  @Test
  void aFileThatAHandlerMissesIsNoCallerThatHasLeft() throws Exception {
    try (LogCapture log = LogCapture.of(ManagementServer.class.getName())) {
      start(
          builder ->
              builder.handler(
                  "/file",
                  exchange -> {
                    throw new NoSuchFileException("page.html");
                  }));
      HttpResponse<String> response = get("/file");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("page.html");
      assertThat(log.lines()).containsExactly("the handler of /file failed");
    }
  }

  @Test
  void clientsThatNeverFinishTheirRequestsDoNotKeepProbesWaiting() throws Exception {
    List<Socket> stalled = new ArrayList<>();
    try {
      for (int i = 0; i < 64; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        stalled.add(socket);
        socket.getOutputStream().write("GET /healthz HTTP/1.1\r\nHost: ".getBytes(US_ASCII));
      }
      assertThat(get("/healthz").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }

  @Test
  void handlersThatHangAreBoundedAndProbesGoOn() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    start(
        builder ->
            builder
                .maxRequests(1)
                .handler(
                    "/slow",
                    exchange -> {
                      entered.countDown();
                      Uninterruptibles.awaitUninterruptibly(release);
                      exchange.respond(200, "text/plain", "late");
                    }));
    HttpRequest request = HttpRequest.newBuilder(server.uri("/slow")).build();
    CompletableFuture<HttpResponse<String>> slow = http.sendAsync(request, BodyHandlers.ofString());
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    HttpResponse<String> refused = get("/slow");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).isEqualTo("too many requests at once; try again\n");
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    release.countDown();
    assertThat(slow.get(60, TimeUnit.SECONDS).body()).isEqualTo("late");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0123456789abcdef\n", "0123456789 abcdef", "0123456789abcdeé"})
  void aTokenThatNoHeaderCanBringIsRefusedAtTheStart(String token) {
    assertThatThrownBy(() -> ManagementServer.builder().bearerToken(token))
        .hasMessageContaining("strip() what a file gives");
  }

  @Test
  @SuppressWarnings("NullAway") // what a variable gives that is not set
  void aTokenThatIsNotSetIsNamed() {
    assertThatThrownBy(() -> ManagementServer.builder().bearerToken(System.getenv("NOT_SET_HERE")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the token is null; is its variable or file set?");
  }

  @Test
  void headHasTheHeadersOfGetAndNoBody() throws Exception {
    start(
        builder ->
            builder.handler("/state", exchange -> exchange.respond(200, "text/plain", "state")));
    HttpResponse<String> response = send("HEAD", "/state", "");
    assertThat(response.headers().firstValue("Content-Length")).contains("5");
    assertThat(response.body()).isEmpty();
  }

  @Test
  void aHandlerWithoutAResponseAnswersThatThereIsNothing() throws Exception {
    start(builder -> builder.handler("/state", exchange -> {}));
    assertThat(get("/state").statusCode()).isEqualTo(204);
  }

  @Test
  void eventsArriveWhileTheResponseIsOpen() throws Exception {
    start(
        builder ->
            builder.handler(
                "/events",
                exchange -> {
                  try (EventStream events = exchange.events()) {
                    events.ping();
                    events.send("call", "one\ntwo");
                  }
                }));
    HttpRequest request = HttpRequest.newBuilder(server.uri("/events")).build();
    HttpResponse<Stream<String>> response = http.send(request, BodyHandlers.ofLines());
    assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
    assertThat(response.body())
        .containsExactly(":", "", "event: call", "data: one", "data: two", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"metrics", "/", "/a b", "/a//b", "/../x/", ""})
  void aPathThatIsNoneIsRefused(String path) {
    assertThatThrownBy(() -> ManagementServer.builder().handler(path, exchange -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + path + "'");
  }

  @Test
  void twoHandlersForOnePathAreRefused() {
    ManagementServer.Builder builder = ManagementServer.builder().handler("/a", exchange -> {});
    assertThatThrownBy(() -> builder.handler("/a", exchange -> {}))
        .hasMessage("there are two handlers for /a");
    assertThatThrownBy(() -> builder.handler("/readyz", exchange -> {}))
        .hasMessage("/readyz is there already: use probes(server)");
  }

  @TempDir Path files;

  private static SSLContext context(Path trust, @Nullable Certificates own) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    try (InputStream in = Files.newInputStream(trust)) {
      store.setCertificateEntry("ca", x509.generateCertificate(in));
    }
    if (own != null) {
      String pem = Files.readString(own.key()).replaceAll("-----[A-Z ]+-----", "");
      PrivateKey key =
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
      try (InputStream in = Files.newInputStream(own.certificate())) {
        store.setKeyEntry(
            "own", key, new char[0], new Certificate[] {x509.generateCertificate(in)});
      }
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  private String rawOrCut(String request) {
    try {
      return sendRaw(request);
    } catch (IOException e) {
      return "cut";
    }
  }

  private int status(SSLContext context) throws Exception {
    return HttpClient.newBuilder()
        .sslContext(context)
        .build()
        .send(HttpRequest.newBuilder(server.uri("/healthz")).build(), BodyHandlers.ofString())
        .statusCode();
  }

  private Certificates only(TestAuthority authority) {
    return Objects.requireNonNull(authority.writeAll(files, "inventory").get("inventory"));
  }

  private TlsFiles.Builder tls(Certificates own) {
    return TlsFiles.builder()
        .certificate(own.certificate(), own.key())
        .checkInterval(Duration.ofMillis(20));
  }

  @Test
  void withTlsNobodyReadsWhatIsServedWithoutIt() throws Exception {
    Certificates own = only(TestAuthority.create("ops"));
    start(builder -> builder.tls(tls(own).build()));
    assertThat(server.uri("/metrics").toString()).startsWith("https://127.0.0.1:");
    assertThat(status(context(files.resolve("ca.crt"), null))).isEqualTo(200);
    assertThat(rawOrCut("GET /healthz HTTP/1.1\nHost: localhost\n\n")).doesNotContain("200");
    Path others = Files.createDirectories(files.resolve("others"));
    SSLContext stranger = context(TestAuthority.create("x").write(others.resolve("ca.crt")), null);
    assertThatThrownBy(() -> status(stranger)).isInstanceOf(SSLException.class);
  }

  @Test
  void withAuthoritiesACallerWithoutACertificateIsRefused() throws Exception {
    TestAuthority authority = TestAuthority.create("ops");
    Certificates own = only(authority);
    Path trust = files.resolve("ca.crt");
    start(builder -> builder.tls(tls(own).trust(trust).build()));
    Certificates prometheus = authority.leaf("prometheus").write(files);
    assertThat(status(context(trust, prometheus))).isEqualTo(200);
    assertThatThrownBy(() -> status(context(trust, null))).isInstanceOf(IOException.class);
    Certificates other = TestAuthority.create("x").leaf("x").write(files);
    assertThatThrownBy(() -> status(context(trust, other))).isInstanceOf(IOException.class);
  }

  @Test
  void aRenewedCertificateIsShownWithoutARestart() throws Exception {
    Certificates own = only(TestAuthority.create("old"));
    start(builder -> builder.tls(tls(own).build()));
    Path next = Files.createDirectories(files.resolve("next"));
    TestAuthority authority = TestAuthority.create("new");
    SSLContext trusting = context(authority.write(next.resolve("ca.crt")), null);
    assertThatThrownBy(() -> status(trusting)).isInstanceOf(SSLException.class);
    var unused = authority.leaf("inventory").write(own.certificate(), own.key());
    Await.until(
        "the new certificate is shown",
        () -> {
          try {
            return status(trusting) == 200;
          } catch (SSLException e) {
            return false;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void aCertificateThatCannotBeUsedStopsTheStart() throws Exception {
    Path missing = files.resolve("missing.crt");
    TlsFiles none = TlsFiles.builder().certificate(missing, missing).build();
    assertThatThrownBy(() -> ManagementServer.builder().port(0).tls(none).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("missing.crt");
  }
}
