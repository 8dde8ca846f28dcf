package io.fairlead.security.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Tokens on the wire, and keys over HTTP. */
@Timeout(60)
class RpcServerWithTokensTest {
  private static final SigningKey FIRST = SigningKey.rsa("k1");
  private static final SigningKey SECOND = SigningKey.ec("k2");

  private volatile String published = SigningKey.set(FIRST);
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private @Nullable HttpServer http;

  @BeforeEach
  void startIssuer() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/jwks",
        exchange -> {
          byte[] body = published.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().add("location", "/jwks");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            byte[] spaces = " ".repeat(8192).getBytes(StandardCharsets.UTF_8);
            while (end.getCount() > 0) {
              out.write(spaces);
            }
          } catch (IOException expected) {
            // The reader has had enough.
          }
        });
    server.createContext(
        "/stalled",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    server.setExecutor(threads);
    server.start();
    http = server;
  }

  @AfterEach
  void stopIssuer() {
    end.countDown();
    if (http != null) {
      http.stop(0);
    }
    threads.shutdownNow();
  }

  private URI at(String path) {
    if (http == null) {
      throw new IllegalStateException("the issuer does not run");
    }
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + path);
  }

  private JwtAuthorizer.Builder tokens(String path) {
    return JwtAuthorizer.builder()
        .issuer(
            TokenIssuer.builder("https://login.example.com")
                .keys(at(path))
                .audiences("inventory")
                .build());
  }

  private static RpcServer serve(JwtAuthorizer tokens) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(
            InventoryRpc.bind(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    TokenClaims claims = TokenClaims.of(CallContext.current());
                    return Reservation.newBuilder()
                        .setId(
                            claims.subject().orElseThrow()
                                + " of "
                                + claims.text("tenant").orElse("nobody"))
                        .build();
                  }
                }))
        .policy("shop.v1.Inventory", MethodPolicy.builder().authScopes("inventory.write").build())
        .authorizer(tokens)
        .readiness("token keys", tokens::ready)
        .readinessInterval(Duration.ofMillis(50))
        .start();
  }

  private static String claims(String scope) {
    return "{\"iss\":\"https://login.example.com\",\"aud\":\"inventory\",\"sub\":\"ann\",\"tenant\":\"acme\",\"exp\":"
        + Instant.now().plusSeconds(600).getEpochSecond()
        + ",\"scope\":\""
        + scope
        + "\"}";
  }

  private static String call(RpcChannel channel, @Nullable String token) {
    CallSettings.Builder settings =
        CallSettings.builder()
            .deadline(Duration.ofSeconds(30))
            // The contract gives an attempt 120 ms; a call that waits for keys may need more.
            .policy(MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build());
    if (token != null) {
      settings.header("authorization", "Bearer " + token);
    }
    return InventoryRpc.client(settings.build().over(channel))
        .reserve(ReserveRequest.getDefaultInstance())
        .getId();
  }

  private static String failure(RpcChannel channel, @Nullable String token) {
    RpcException failure = catchThrowableOfType(RpcException.class, () -> call(channel, token));
    return failure.getStatus().getCode() + ": " + failure.getStatus().getDescription();
  }

  @Test
  void handlersSeeTheClaimsAndCallersSeeWhatIsMissing() {
    try (JwtAuthorizer tokens = tokens("/jwks").start();
        RpcServer server = serve(tokens);
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(call(channel, FIRST.token(claims("inventory.write")))).isEqualTo("ann of acme");
      assertThat(failure(channel, null))
          .contains(
              "UNAUTHENTICATED: ",
              "the call has no token; send the header authorization: Bearer <token>");
      assertThat(failure(channel, FIRST.token(claims("inventory.read"))))
          .contains("PERMISSION_DENIED: ", "scope inventory.write is missing");
      String forged = SigningKey.rsa("k1").token(claims("inventory.write"));
      assertThat(failure(channel, forged))
          .contains("UNAUTHENTICATED: ", "the signature of the token is wrong")
          .doesNotContain(forged.substring(forged.length() - 20));
    }
  }

  @Test
  void aTokenOfANewKeyIsLetInAfterOneReading() {
    try (JwtAuthorizer tokens = tokens("/jwks").minInterval(Duration.ofMillis(200)).start();
        RpcServer server = serve(tokens);
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(call(channel, FIRST.token(claims("inventory.write")))).isEqualTo("ann of acme");
      published = SigningKey.set(FIRST, SECOND);
      assertThat(call(channel, SECOND.token(claims("inventory.write")))).isEqualTo("ann of acme");
    }
  }

  @Test
  void aServerDoesNotStartBeforeTheKeysWereRead() {
    published = "{}";
    try (JwtAuthorizer tokens = tokens("/jwks").start()) {
      Thread publisher =
          new Thread(
              () -> {
                while (tokens.keys().get(0).failure().isEmpty()) {
                  Thread.onSpinWait();
                }
                published = SigningKey.set(FIRST);
              });
      publisher.start();
      try (RpcServer server = serve(tokens);
          RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
        assertThat(call(channel, FIRST.token(claims("inventory.write")))).isEqualTo("ann of acme");
      }
    }
  }

  @Test
  void redirectsEndlessResponsesAndStalledOnesAreNotFollowed() {
    assertThat(failureOf("/moved")).isEqualTo("the response has status 302");
    assertThat(failureOf("/endless")).contains("the response is longer than 262144 bytes");
    assertThat(failureOf("/stalled")).isEqualTo("no response within 300 ms");
    assertThat(failureOf("/missing")).isEqualTo("the response has status 404");
  }

  private String failureOf(String path) {
    try (JwtAuthorizer tokens = tokens(path).fetchTimeout(Duration.ofMillis(300)).start()) {
      while (tokens.keys().get(0).failure().isEmpty()) {
        Thread.onSpinWait();
      }
      return tokens.keys().get(0).failure().orElseThrow();
    }
  }
}
