package io.fairlead.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.ManualClock;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

@Timeout(60)
class RateLimitTest {
  private final ManualClock clock = ManualClock.create();
  private final AtomicInteger served = new AtomicInteger();

  @Test
  void aKeyHasItsBurstAndThenItsRate() {
    TokenBuckets buckets = new TokenBuckets(10, 3, 100, clock::nanoTime);
    for (int i = 0; i < 3; i++) {
      assertThat(buckets.take("a")).isZero();
    }
    assertThat(buckets.take("a")).isEqualTo(Duration.ofMillis(100).toNanos());
    assertThat(buckets.take("b")).isZero();
    clock.advance(Duration.ofMillis(100));
    assertThat(buckets.take("a")).isZero();
    assertThat(buckets.take("a")).isPositive();
    int taken = 0;
    for (int i = 0; i < 10_000; i++) {
      clock.advance(Duration.ofMillis(1));
      taken += buckets.take("a") == 0 ? 1 : 0;
    }
    assertThat(taken).isEqualTo(100);
    clock.advance(Duration.ofDays(1));
    for (int i = 0; i < 3; i++) {
      assertThat(buckets.take("a")).isZero();
    }
    assertThat(buckets.take("a")).isPositive();
  }

  @Test
  void madeUpKeysTakeBoundedMemoryAndAKeyInUseKeepsItsBucket() {
    TokenBuckets buckets = new TokenBuckets(0.001, 1, 100, clock::nanoTime);
    assertThat(buckets.take("used")).isZero();
    for (int i = 0; i < 10_000; i++) {
      assertThat(buckets.take("made-up-" + i)).isZero();
      assertThat(buckets.take("used")).isPositive();
      assertThat(buckets.keys()).isLessThanOrEqualTo(101);
    }
  }

  private RpcServer serve(RateLimit... limits) {
    return builder(limits).start();
  }

  private RpcServer.Builder builder(RateLimit... limits) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .service(
            InventoryRpc.bind(
                new Inventory() {
                  @Override
                  public Reservation reserve(ReserveRequest request) {
                    served.incrementAndGet();
                    return Reservation.getDefaultInstance();
                  }
                }))
        .intercept(limits);
  }

  private @Nullable Metadata trailers;

  private Status call(RpcChannel channel, String tenant, String sku) {
    try {
      InventoryRpc.client(
              CallSettings.builder()
                  .header("x-tenant", tenant)
                  .deadline(Duration.ofSeconds(30))
                  .policy(MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build())
                  .build()
                  .over(channel))
          .reserve(ReserveRequest.newBuilder().setSku(sku).build());
      return Status.OK;
    } catch (RpcException e) {
      trailers = e.getTrailers();
      return e.getStatus();
    }
  }

  @Test
  void aTenantAboveItsRateIsToldWhenToTryAgainAndOthersAreServed() {
    try (RpcServer server = serve(RateLimit.perHeader("x-tenant", 0.01, 2));
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(call(channel, "acme", "a").getCode()).isEqualTo(Status.Code.OK);
      assertThat(call(channel, "acme", "a").getCode()).isEqualTo(Status.Code.OK);
      Status refused = call(channel, "acme", "a");
      assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.getDescription())
          .containsPattern(
              "more than 0\\.01 calls per second for one header x-tenant; try again in \\d+ ms")
          .doesNotContain("acme");
      String pushback =
          Objects.requireNonNull(trailers)
              .get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER));
      assertThat(Long.parseLong(Objects.requireNonNull(pushback))).isBetween(1L, 100_001L);
      assertThat(call(channel, "other", "a").getCode()).isEqualTo(Status.Code.OK);
      assertThat(served).hasValue(3);
    }
  }

  @Test
  void aFieldOfTheRequestMayBeTheKeyAndARefusedCallHoldsNoPermit() {
    try (RpcServer server =
            builder(RateLimit.perField("sku", 0.01, 1).onlyFor("shop.v1.Inventory/Reserve"))
                .limits(l -> l.maxConcurrentCalls(1))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(call(channel, "x", "a").getCode()).isEqualTo(Status.Code.OK);
      for (int i = 0; i < 5; i++) {
        assertThat(call(channel, "x", "a").getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
      // The limit of one call at once would refuse it if a refused call were still counted.
      assertThat(call(channel, "x", "b").getCode()).isEqualTo(Status.Code.OK);
      assertThat(served).hasValue(2);
    }
  }

  @Test
  void aFieldThatTheRequestLacksIsNoWayAroundTheLimit() {
    try (RpcServer server = serve(RateLimit.perField("customer.id", 1, 1));
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      Status failed = call(channel, "x", "a");
      assertThat(failed.getCode()).isEqualTo(Status.Code.INTERNAL);
      assertThat(failed.getDescription())
          .contains("the server limits calls by a field that this request does not have");
      assertThat(served).hasValue(0);
    }
    assertThat(RateLimit.value(ReserveRequest.getDefaultInstance(), List.of("quantity")))
        .isEqualTo("0");
  }

  @Test
  void equalBytesAreOneKeyAndOthersAnother() {
    List<String> path = List.of("value");
    assertThat(RateLimit.value(BytesValue.of(ByteString.copyFromUtf8("ann")), path))
        .isEqualTo(RateLimit.value(BytesValue.of(ByteString.copyFromUtf8("ann")), path))
        .isNotEqualTo(RateLimit.value(BytesValue.of(ByteString.copyFromUtf8("bob")), path))
        .isEqualTo("616e6e");
    assertThat(RateLimit.value(BytesValue.of(ByteString.copyFrom(new byte[1_000])), path))
        .hasSize(256);
  }

  @Test
  void callersWithoutANameAreToldApartByTheirAddress() {
    try (RpcServer server = serve(RateLimit.perCaller(0.01, 1));
        RpcChannel one = RpcChannel.to("127.0.0.1:" + server.port()).build();
        RpcChannel two = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(call(one, "x", "a").getCode()).isEqualTo(Status.Code.OK);
      // Another connection of the same peer.
      assertThat(call(two, "x", "a").getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  void serversShareAQuotaThroughEtcd() throws Exception {
    int quota = 100;
    int block = 10;
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry one = EtcdRegistry.connect(etcd.endpoint());
        EtcdRegistry two = EtcdRegistry.connect(etcd.endpoint());
        RpcServer first = sharing(one, quota, block);
        RpcServer second = sharing(two, quota, block);
        RpcChannel toFirst = RpcChannel.to("127.0.0.1:" + first.port()).build();
        RpcChannel toSecond = RpcChannel.to("127.0.0.1:" + second.port()).build()) {
      // A server whose blocks are late refuses for a second at most.
      long waits = 0;
      Status last = Status.OK;
      while (waits <= 1_001) {
        trailers = null;
        last = call(toFirst, "acme", "a");
        waits = refusedMillis();
        trailers = null;
        call(toSecond, "acme", "a");
        waits = Math.min(waits, refusedMillis());
      }
      assertThat(last.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(last.getDescription())
          .startsWith("more than 100 calls in PT24H for one header x-tenant; try again in ");
      assertThat(served.get()).isBetween(quota - block, quota + 2 * block);
      assertThat(call(toFirst, "other", "a").getCode()).isEqualTo(Status.Code.OK);
    }
  }

  /** For how long the last call that was refused is to wait. */
  private long refusedMillis() {
    String pushback =
        trailers == null
            ? null
            : trailers.get(
                Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER));
    return pushback == null ? 0 : Long.parseLong(pushback);
  }

  private RpcServer sharing(EtcdRegistry registry, int calls, int block) {
    SharedQuota quota =
        SharedQuota.builder("tenants", registry::take)
            .calls(calls)
            .per(Duration.ofDays(1))
            .block(block)
            .build();
    return builder(RateLimit.perHeader("x-tenant", quota)).start();
  }

  @Test
  void settingsWithoutSenseAreRefused() {
    assertThatThrownBy(() -> RateLimit.perCaller(0, 1)).hasMessageContaining("use more than 0");
    assertThatThrownBy(() -> RateLimit.perCaller(1, 0)).hasMessageContaining("use 1 or more");
    assertThatThrownBy(() -> RateLimit.perCaller(1e-4, 1_000_000))
        .hasMessageContaining("takes more than 100 years to be there again; use less");
    for (String wrong : List.of("/shop.v1.Inventory/Reserve", "shop.v1.Inventory/*", "", "*")) {
      assertThatThrownBy(() -> RateLimit.perCaller(1, 1).onlyFor(wrong))
          .hasMessageContaining("is no name of a method or service");
    }
    assertThatThrownBy(() -> RateLimit.perCaller(1, 1).onlyFor())
        .hasMessageContaining("is to be for no method; name one");
    assertThat(RateLimit.perCaller(100, 5))
        .hasToString("RateLimit[100 per second, burst 5, per caller]");
    assertThat(catchThrowableOfType(Exception.class, () -> RateLimit.perHeader("", 1, 1)))
        .isNotNull();
  }
}
