package io.fairlead.interop.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.jwt.JwtAuthorizer;
import io.fairlead.security.jwt.TokenClaims;
import io.fairlead.security.jwt.TokenEndpoint;
import io.fairlead.security.jwt.TokenExchange;
import io.fairlead.security.jwt.TokenIssuer;
import io.fairlead.server.RpcServer;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Client credentials, exchange and rotation, as Spring Authorization Server has them. */
@Timeout(120)
class SpringAuthorizationServerIT {
  private static LoginServer login;

  @BeforeAll
  static void startLogin() {
    login = LoginServer.start();
  }

  @AfterAll
  static void stopLogin() {
    login.close();
  }

  private static JwtAuthorizer.Builder tokens(String audience) {
    return JwtAuthorizer.builder()
        .issuer(
            TokenIssuer.builder(login.issuer()).keys(login.keysUri()).audiences(audience).build());
  }

  private static RpcServer serve(JwtAuthorizer tokens, Inventory handler) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(InventoryRpc.bind(handler))
        .policy("shop.v1.Inventory", MethodPolicy.builder().authScopes("inventory.write").build())
        .authorizer(tokens)
        .readiness("token keys", tokens::ready)
        .readinessInterval(Duration.ofMillis(100))
        .secureByDefault()
        .start();
  }

  private static final Inventory ECHO_SUBJECT =
      new Inventory() {
        @Override
        public Reservation reserve(ReserveRequest request) {
          TokenClaims claims = TokenClaims.of(CallContext.current());
          return Reservation.newBuilder().setId(claims.subject().orElseThrow()).build();
        }
      };

  private static TokenEndpoint endpoint(String secret) {
    return TokenEndpoint.builder(login.tokenUri()).client("shop", secret).allowPlaintext().build();
  }

  private static RpcChannel channel(RpcServer server, CallCredentials credentials) {
    return RpcChannel.to("127.0.0.1:" + server.port())
        .credentials(
            CompositeChannelCredentials.create(InsecureChannelCredentials.create(), credentials))
        .build();
  }

  private static CallSettings.Builder patient() {
    return CallSettings.builder()
        .deadline(Duration.ofSeconds(30))
        .policy(MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build());
  }

  private static String reserve(Channel channel) {
    return InventoryRpc.client(patient().build().over(channel))
        .reserve(ReserveRequest.getDefaultInstance())
        .getId();
  }

  private static String reserve(Channel channel, String token) {
    return InventoryRpc.client(
            patient().header("authorization", "Bearer " + token).build().over(channel))
        .reserve(ReserveRequest.getDefaultInstance())
        .getId();
  }

  private static Status failure(Runnable call) {
    return catchThrowableOfType(RpcException.class, call::run).getStatus();
  }

  @Test
  void aClientGetsATokenAndIsLetInWithTheScopesThatItAskedFor() {
    TokenEndpoint shop = endpoint(LoginServer.SECRET);
    try (JwtAuthorizer tokens = tokens("inventory").start();
        RpcServer server = serve(tokens, ECHO_SUBJECT);
        RpcChannel writer = channel(server, shop.clientCredentials("inventory.write"));
        RpcChannel reader = channel(server, shop.clientCredentials("inventory.read"));
        RpcChannel greedy = channel(server, shop.clientCredentials("inventory.delete"));
        RpcChannel stranger =
            channel(server, endpoint("wrong").clientCredentials("inventory.write"))) {
      assertThat(reserve(writer)).isEqualTo("shop");
      Status missing = failure(() -> reserve(reader));
      assertThat(missing.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(missing.getDescription()).contains("scope inventory.write is missing");
      assertThat(failure(() -> reserve(greedy)).getDescription()).contains("invalid_scope");
      Status refused = failure(() -> reserve(stranger));
      assertThat(refused.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(refused.getDescription()).contains("status 401 (invalid_client)");
    }
  }

  @Test
  void aRotationOfKeysLosesNoCallAndTheOldKeyEnds() throws Exception {
    try (JwtAuthorizer tokens =
            tokens("inventory").refreshInterval(Duration.ofSeconds(10)).start();
        RpcServer server = serve(tokens, ECHO_SUBJECT);
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      String before = login.tokenOf("ann", "inventory", "inventory.write");
      assertThat(reserve(channel, before)).isEqualTo("ann");
      login.rotate();
      String after = login.tokenOf("bob", "inventory", "inventory.write");
      assertThat(reserve(channel, after)).isEqualTo("bob");
      assertThat(reserve(channel, before)).isEqualTo("ann");
      login.forgetOldKeys();
      while (accepted(channel, before)) {
        LockSupport.parkNanos(100_000_000);
      }
      assertThat(reserve(channel, after)).isEqualTo("bob");
    }
  }

  private static boolean accepted(Channel channel, String token) {
    try {
      return reserve(channel, token).equals("ann");
    } catch (RpcException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      return false;
    }
  }

  @Test
  void aTokenOfACallerIsExchangedForOneThatTheNextServerAccepts() throws Exception {
    TokenExchange exchange = endpoint(LoginServer.SECRET).exchange("warehouse", "inventory.write");
    try (JwtAuthorizer behindTokens = tokens("warehouse").start();
        RpcServer behind = serve(behindTokens, ECHO_SUBJECT);
        RpcChannel toBehind = RpcChannel.to("127.0.0.1:" + behind.port()).build();
        JwtAuthorizer frontTokens = tokens("inventory").start();
        RpcServer front =
            serve(
                frontTokens,
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    Status byItself = failure(() -> SpringAuthorizationServerIT.reserve(toBehind));
                    Channel asCaller = exchange.over(toBehind, CallContext.current());
                    return Reservation.newBuilder()
                        .setId(
                            byItself.getCode()
                                + " and "
                                + SpringAuthorizationServerIT.reserve(asCaller))
                        .build();
                  }
                });
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + front.port()).build()) {
      String ann = login.tokenOf("ann", "inventory", "inventory.read inventory.write");
      assertThat(reserve(channel, ann)).isEqualTo("UNAUTHENTICATED and ann");
      // What ann has for one server is of no use at the other.
      Status forwarded = failure(() -> reserve(toBehind, ann));
      assertThat(forwarded.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(forwarded.getDescription())
          .contains("the token is not for this service; its aud must have warehouse");
    }
  }
}
