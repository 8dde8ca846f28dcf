package io.fairlead.security.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.security.PeerIdentity;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** Over a real socket, with servers and channels that use what the agent sends. */
@Timeout(60)
class SocketAgentTest {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path directory;

  private Identities identities = new Identities(Path.of(""));
  private FakeSocketAgent agent = new FakeSocketAgent(Path.of(""));

  @BeforeEach
  void start() {
    identities = new Identities(directory);
    agent = new FakeSocketAgent(directory.resolve("agent.sock")).start();
  }

  @AfterEach
  void close() throws Exception {
    agent.close();
  }

  private SpiffeSource source() {
    return source(agent);
  }

  private static SpiffeSource source(FakeSocketAgent agent, String... federated) {
    SpiffeSource.Builder builder =
        SpiffeSource.builder().socket(agent.address()).checkInterval(Duration.ofMillis(20));
    for (String each : federated) {
      builder.federate(each);
    }
    return builder.start();
  }

  /** Answers with the id of its caller. */
  private static RpcServer serve(SpiffeSource identity) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .tls(identity.forServer())
        .readiness("SPIFFE", identity::ready)
        .authorizer(
            Authorizer.byScopes(
                request ->
                    PeerIdentity.of(request.connection())
                        .flatMap(PeerIdentity::spiffeId)
                        .map(id -> new Caller(id, Set.of()))
                        .orElse(null)))
        .service(
            InventoryRpc.bind(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    return Reservation.newBuilder()
                        .setId(CallContext.current().caller().orElseThrow().name())
                        .build();
                  }
                }))
        .start();
  }

  private static RpcChannel channel(RpcServer server, SpiffeSource identity, String serverId) {
    return RpcChannel.to("127.0.0.1:" + server.port()).tls(identity.forClient(serverId)).build();
  }

  private static String reserve(RpcChannel channel) {
    // Without retries: a call that is lost is to be seen.
    CallSettings once =
        CallSettings.builder()
            .deadline(Duration.ofSeconds(30))
            .policy(MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build())
            .build();
    return InventoryRpc.client(once.over(channel))
        .reserve(ReserveRequest.getDefaultInstance())
        .getId();
  }

  @Test
  void aServerAndItsCallerKnowEachOtherByTheirIds() {
    agent.say(identities.response(Identities.INVENTORY, DAY));
    try (LogCapture netty = LogCapture.of("io.netty");
        SpiffeSource identity = source();
        RpcServer server = serve(identity);
        RpcChannel channel = channel(server, identity, Identities.INVENTORY);
        RpcChannel any = channel(server, identity, "spiffe://shop.example/*");
        RpcChannel wrong = channel(server, identity, Identities.BILLING)) {
      assertThat(reserve(channel)).isEqualTo(Identities.INVENTORY);
      assertThat(reserve(any)).isEqualTo(Identities.INVENTORY);
      RpcException refused = catchThrowableOfType(RpcException.class, () -> reserve(wrong));
      assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(refused)
          .hasMessageContaining(
              "it is " + Identities.INVENTORY + ", and the channel is for " + Identities.BILLING);
      assertThat(netty.with("Unknown channel option")).isEmpty();
    }
  }

  @Test
  void certificatesThatTheAgentReplacesUnderLoadLoseNoCall() {
    agent.say(identities.response(Identities.INVENTORY, DAY));
    try (SpiffeSource identity = source();
        RpcServer server = serve(identity);
        RpcChannel channel = channel(server, identity, Identities.INVENTORY)) {
      for (int rotation = 1; rotation <= 20; rotation++) {
        agent.say(identities.response(Identities.INVENTORY, DAY.plusHours(rotation)));
        long updates = 1L + rotation;
        await(
            () -> {
              assertThat(reserve(channel)).isEqualTo(Identities.INVENTORY);
              return identity.status().updates() == updates
                  && server.certificateExpiry().equals(identity.status().expiry())
                  && channel.certificateExpiry().equals(identity.status().expiry());
            });
      }
      assertThat(server.certificateExpiry().orElseThrow())
          .isAfter(Instant.now().plus(DAY).plus(Duration.ofHours(19)));
    }
  }

  @Test
  void aCallerOfAFederatedDomainIsServedUntilItsAuthoritiesAreWithdrawn() throws Exception {
    Identities partner = new Identities(directory);
    X509SVIDResponse alone = identities.response(Identities.INVENTORY, DAY);
    agent.say(
        alone.toBuilder()
            .putFederatedBundles("spiffe://partner.example", partner.bundle())
            .build());
    try (FakeSocketAgent partners = new FakeSocketAgent(directory.resolve("other.sock")).start();
        LogCapture log = LogCapture.of(SpiffeSource.class.getName())) {
      partners.say(
          partner.response(Identities.ORDERS, DAY).toBuilder()
              .putFederatedBundles("spiffe://shop.example", identities.bundle())
              .build());
      try (SpiffeSource caller = source(partners, "shop.example");
          SpiffeSource open = source(agent, "partner.example");
          RpcServer server = serve(open);
          RpcChannel channel = channel(server, caller, Identities.INVENTORY);
          // The agent sends the bundle to it too, and nobody has asked for it.
          SpiffeSource closed = source();
          RpcServer stranger = serve(closed);
          RpcChannel refused = channel(stranger, caller, Identities.INVENTORY)) {
        assertThat(reserve(channel)).isEqualTo(Identities.ORDERS);
        assertThat(catchThrowableOfType(RpcException.class, () -> reserve(refused)).code())
            .isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(log.warnings()).isEmpty();
        agent.say(alone);
        await(() -> !isServed(channel));
        assertThat(log.warnings())
            .singleElement()
            .asString()
            .contains(
                "sent no authorities of the trust domain partner.example, so nobody of it is"
                    + " trusted; let the registration of "
                    + Identities.INVENTORY
                    + " federate with it");
      }
    }
  }

  private static boolean isServed(RpcChannel channel) {
    try {
      return !reserve(channel).isEmpty();
    } catch (RpcException e) {
      return false;
    }
  }

  @Test
  void anAgentThatDiesAndComesBackGivesItsNextCertificate() throws Exception {
    agent.say(identities.response(Identities.INVENTORY, DAY));
    try (SpiffeSource identity = source()) {
      agent.die();
      await(() -> identity.status().failure().isPresent());
      assertThat(identity.ready()).isTrue();
      assertThat(identity.status().spiffeId()).contains(Identities.INVENTORY);
      agent.say(identities.response(Identities.INVENTORY, DAY.plusHours(5)));
      agent.start();
      await(() -> identity.status().failure().isEmpty());
      assertThat(identity.status().updates()).isEqualTo(2);
    }
  }

  /** All at once, as each waits for its whole time. */
  @Test
  void aProcessThatGetsNoCertificateDoesNotStartAndSaysWhatToDo() throws Exception {
    agent.refuse(Status.PERMISSION_DENIED.withDescription("no identity issued"));
    // A socket that a dead agent has left behind.
    Path left = directory.resolve("left.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(left));
    }
    Path none = directory.resolve("none.sock");
    CompletableFuture<String> unknown = failure(agent.address());
    CompletableFuture<String> dead = failure("unix://" + left);
    CompletableFuture<String> missing = failure(none.toString());
    assertThat(unknown.join())
        .startsWith("no certificate of SPIFFE within 3000 ms: the agent at ")
        .endsWith(
            "has no certificate for this process: no identity issued; register the workload, and"
                + " check that its selectors fit");
    assertThat(dead.join()).endsWith("nobody listens at " + left + "; start the agent");
    assertThat(missing.join()).contains("there is no socket " + none + "; start the agent");
    assertThat(agent.asked()).as("again after a backoff").isGreaterThan(1);
  }

  private static CompletableFuture<String> failure(String address) {
    return CompletableFuture.supplyAsync(
        () -> {
          SpiffeSource.Builder builder =
              SpiffeSource.builder().socket(address).startTimeout(Duration.ofSeconds(3));
          IllegalStateException failure =
              catchThrowableOfType(IllegalStateException.class, builder::start);
          return String.valueOf(failure.getMessage());
        },
        task -> new Thread(task, "starter").start());
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited").isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }
}
