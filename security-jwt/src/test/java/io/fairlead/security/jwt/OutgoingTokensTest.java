package io.fairlead.security.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.ManualClock;
import io.grpc.Channel;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Tokens that a process gets for its own calls, and for those in the name of its caller. */
@Timeout(60)
class OutgoingTokensTest {
  private final ManualClock clock = ManualClock.create();
  private final List<CompletableFuture<AccessToken>> requests = new ArrayList<>();
  private final RenewedToken renewed = new RenewedToken(clock::nanoTime);

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile Runnable onRequest = () -> {};
  private volatile int status = 200;
  private volatile String response =
      "{\"access_token\":\"secret-token\",\"token_type\":\"bearer\",\"expires_in\":300}";
  private @Nullable HttpServer http;

  @AfterEach
  void stop() {
    if (http != null) {
      http.stop(0);
    }
  }

  private CompletableFuture<AccessToken> ask() {
    return renewed.get(
        () -> {
          CompletableFuture<AccessToken> request = new CompletableFuture<>();
          requests.add(request);
          return request;
        });
  }

  private AccessToken token(String value) {
    return AccessToken.of(value, Duration.ofMinutes(10).toNanos(), clock.nanoTime(), 0);
  }

  private static String value(CompletableFuture<AccessToken> token) {
    return String.valueOf(
        token
            .join()
            .headers()
            .get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER)));
  }

  @Test
  void manyCallsShareOneRequestForTheFirstToken() {
    List<CompletableFuture<AccessToken>> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(ask());
    }
    assertThat(requests).hasSize(1);
    requests.get(0).complete(token("a"));
    assertThat(calls).allSatisfy(call -> assertThat(value(call)).isEqualTo("Bearer a"));
  }

  @Test
  void aTokenIsRenewedBeforeItExpiresAndNoCallWaits() {
    CompletableFuture<AccessToken> first = ask();
    requests.get(0).complete(token("a"));
    assertThat(first).isDone();
    clock.advance(Duration.ofMinutes(8).minusNanos(1));
    assertThat(value(ask())).isEqualTo("Bearer a");
    assertThat(requests).hasSize(1);
    clock.advance(Duration.ofNanos(1));
    assertThat(value(ask())).isEqualTo("Bearer a");
    assertThat(value(ask())).isEqualTo("Bearer a");
    assertThat(requests).hasSize(2);
    requests.get(1).complete(token("b"));
    assertThat(value(ask())).isEqualTo("Bearer b");
  }

  @Test
  void anOutageIsNoticedOnlyWhenTheTokenHasExpiredAndIsNotAnsweredWithAFlood() {
    CompletableFuture<AccessToken> first = ask();
    requests.get(0).complete(token("a"));
    assertThat(first).isDone();
    clock.advance(Duration.ofMinutes(8));
    int calls = 0;
    while (clock.elapsed().compareTo(Duration.ofMinutes(10)) < 0) {
      assertThat(value(ask())).isEqualTo("Bearer a");
      requests.get(requests.size() - 1).completeExceptionally(new IOException("down"));
      clock.advance(Duration.ofMillis(100));
      calls++;
    }
    assertThat(calls).isEqualTo(1_200);
    // 1, 2, 4, 8, 16 seconds, then each 32.
    assertThat(requests).hasSizeBetween(7, 9);
    assertThatThrownBy(() -> ask().join()).hasRootCauseMessage("down");
    clock.advance(Duration.ofSeconds(32));
    CompletableFuture<AccessToken> waiting = ask();
    assertThat(waiting).isNotDone();
    requests.get(requests.size() - 1).complete(token("b"));
    assertThat(value(waiting)).isEqualTo("Bearer b");
  }

  @Test
  void theTokenOfACallerIsNotKeptForLaterRequests() {
    WeakReference<Object> subject = exchangeOnce();
    for (int i = 0; i < 100 && subject.get() != null; i++) {
      System.gc();
    }
    assertThat(subject.get()).isNull();
    assertThat(value(ask())).isEqualTo("Bearer a");
  }

  private WeakReference<Object> exchangeOnce() {
    Object subject = new Object();
    CompletableFuture<AccessToken> exchanged =
        renewed.get(
            () ->
                CompletableFuture.completedFuture(token(subject.toString().isEmpty() ? "" : "a")));
    assertThat(exchanged).isDone();
    return new WeakReference<>(subject);
  }

  @Test
  void theLifeOfATokenBeginsWhenItIsAskedFor() throws Exception {
    AtomicLong now = new AtomicLong();
    // The answer takes as long as the token lives, so the next call needs another one.
    onRequest = () -> now.addAndGet(Duration.ofMinutes(5).toNanos());
    TokenEndpoint login = endpoint(builder -> builder.allowPlaintext().ticker(now::get));
    try (RpcServer server = serve(null);
        RpcChannel channel = channel(server, login.clientCredentials())) {
      assertThat(reserve(channel)).isEqualTo("Bearer secret-token");
      assertThat(reserve(channel)).isEqualTo("Bearer secret-token");
      // The watch of the server's health may have asked for one too.
      assertThat(asked).hasSizeGreaterThanOrEqualTo(2);
    }
  }

  private TokenEndpoint endpoint(UnaryOperator<TokenEndpoint.Builder> change) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/token",
        exchange -> {
          String form =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String basic =
              exchange.getRequestHeaders().getFirst("authorization").substring("Basic ".length());
          asked.add(
              new String(Base64.getDecoder().decode(basic), StandardCharsets.UTF_8)
                  + " "
                  + URLDecoder.decode(form, StandardCharsets.UTF_8));
          onRequest.run();
          byte[] body = response.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    http = server;
    return change
        .apply(
            TokenEndpoint.builder(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/token"))
                .client("ware house", "s:ecret"))
        .build();
  }

  /** Answers with the header that a call had. */
  private static RpcServer serve(@Nullable Inventory handler) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(
            InventoryRpc.bind(
                handler != null
                    ? handler
                    : new Inventory() {
                      @Override
                      public Reservation reserve(ReserveRequest request) {
                        return Reservation.newBuilder()
                            .setId(CallContext.current().header("authorization").orElse("none"))
                            .build();
                      }
                    }))
        .start();
  }

  private static String reserve(Channel channel) {
    return InventoryRpc.client(channel).reserve(ReserveRequest.getDefaultInstance()).getId();
  }

  /** With time enough on a busy machine, which the contract does not give. */
  private static RpcChannel.Builder to(RpcServer server) {
    return RpcChannel.to("127.0.0.1:" + server.port())
        .policy(
            InventoryRpc.RESERVE.fullName(),
            MethodPolicy.builder()
                .deadline(Duration.ofSeconds(30))
                .failureMode(FailureMode.FAILFAST)
                .build())
        .service(InventoryRpc.service());
  }

  private static RpcChannel channel(RpcServer server, TokenCredentials credentials) {
    return to(server)
        .credentials(
            CompositeChannelCredentials.create(InsecureChannelCredentials.create(), credentials))
        .build();
  }

  @Test
  void callsCarryATokenOfClientCredentials() throws Exception {
    TokenEndpoint login = endpoint(TokenEndpoint.Builder::allowPlaintext);
    try (RpcServer server = serve(null);
        RpcChannel channel = channel(server, login.clientCredentials("a", "b"))) {
      assertThat(reserve(channel)).isEqualTo("Bearer secret-token");
      assertThat(reserve(channel)).isEqualTo("Bearer secret-token");
      assertThat(asked)
          .containsExactly("ware+house:s%3Aecret grant_type=client_credentials&scope=a b");
    }
  }

  @Test
  void aTokenIsNotSentWithoutTls() throws Exception {
    TokenEndpoint login = endpoint(builder -> builder);
    try (RpcServer server = serve(null);
        RpcChannel channel = channel(server, login.clientCredentials())) {
      assertThat(failure(channel))
          .contains("UNAUTHENTICATED", "the token was not sent, as the connection has no TLS")
          .contains("allowPlaintext()");
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void aRefusedClientAndAServerInTroubleAreToldApart() throws Exception {
    TokenEndpoint login = endpoint(TokenEndpoint.Builder::allowPlaintext);
    try (RpcServer server = serve(null)) {
      status = 401;
      response = "{\"error\":\"invalid_client\",\"error_description\":\"s:ecret is wrong\"}";
      try (RpcChannel channel = channel(server, login.clientCredentials())) {
        assertThat(failure(channel))
            .contains("UNAUTHENTICATED", "no token for client ware house from http://127.0.0.1:")
            .contains("status 401 (invalid_client)")
            .doesNotContain("s:ecret");
      }
      status = 503;
      response = "<html>";
      try (RpcChannel channel = channel(server, login.clientCredentials())) {
        assertThat(failure(channel)).contains("UNAVAILABLE", "status 503");
      }
      status = 200;
      response = "{\"access_token\":\"x\",\"token_type\":\"mac\"}";
      try (RpcChannel channel = channel(server, login.clientCredentials())) {
        assertThat(failure(channel)).contains("no access_token of token_type Bearer");
      }
    }
  }

  private static String failure(Channel channel) {
    return String.valueOf(
        catchThrowableOfType(RpcException.class, () -> reserve(channel)).getMessage());
  }

  @Test
  void aTokenOfTheCallerIsExchangedIfTheHandlerSaysSoAndNeverForwardedByItself() throws Exception {
    TokenEndpoint login = endpoint(TokenEndpoint.Builder::allowPlaintext);
    TokenExchange exchange = login.exchange("billing", "charge");
    try (RpcServer behind = serve(null);
        RpcChannel plain = to(behind).build();
        RpcServer front =
            serve(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    String byItself = InventoryRpc.client(plain).reserve(request).getId();
                    Channel asCaller = exchange.over(plain, CallContext.current());
                    return Reservation.newBuilder()
                        .setId(byItself + ", " + OutgoingTokensTest.reserve(asCaller))
                        .build();
                  }
                });
        RpcChannel channel = to(front).build()) {
      Channel asAnn =
          CallSettings.builder()
              .deadline(Duration.ofSeconds(30))
              .header("authorization", "Bearer ann's")
              .build()
              .over(channel);
      assertThat(reserve(asAnn)).isEqualTo("none, Bearer secret-token");
      assertThat(reserve(asAnn)).isEqualTo("none, Bearer secret-token");
      assertThat(asked)
          .singleElement()
          .asString()
          .contains("grant_type=urn:ietf:params:oauth:grant-type:token-exchange")
          .contains("subject_token=ann's", "audience=billing", "scope=charge");
      assertThat(failure(channel)).contains("UNKNOWN");
    }
  }

  @Test
  void settingsThatLackSomethingSayWhat() {
    assertThatThrownBy(() -> TokenEndpoint.builder(URI.create("http://login.example/token")))
        .hasMessageContaining("http://login.example/token without protection; use https");
    assertThatThrownBy(
            () -> TokenEndpoint.builder(URI.create("https://login.example/token")).build())
        .hasMessageContaining("set client(id, secret)");
    assertThatThrownBy(
            () ->
                TokenEndpoint.builder(URI.create("https://login.example/token"))
                    .timeout(Duration.ZERO))
        .hasMessage("timeout is PT0S; it must be positive");
    assertThat(
            TokenEndpoint.builder(URI.create("https://login.example/token"))
                .client("id", "secret")
                .build())
        .hasToString("TokenEndpoint[id at https://login.example/token]");
  }
}
