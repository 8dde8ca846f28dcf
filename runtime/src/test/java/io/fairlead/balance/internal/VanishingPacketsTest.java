package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Connections on which packets vanish: nobody says that they are dead. */
class VanishingPacketsTest {
  private static final int TRIES = 10_000;

  private final InMemoryRegistry registry = new InMemoryRegistry();

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void keepAliveFailsACallWithoutADeadline() throws Exception {
    CompletableFuture<String> begun = new CompletableFuture<>();
    try (NamedServer silent = NamedServer.pinged("silent", () -> begun.complete("begun"));
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", silent.port())) {
      registry.register("names", at(proxy.port(), Map.of(KeepAliveTransportFactory.TAG, "100ms")));
      try (RpcChannel channel =
          RpcChannel.to("memory:///names")
              .registry(registry)
              .endpointKeepAlive(Duration.ofMillis(200))
              .connectTimeout(Duration.ofSeconds(1))
              .build()) {
        CompletableFuture<String> call =
            CompletableFuture.supplyAsync(() -> NamedServer.askForever(channel));
        begun.get(30, TimeUnit.SECONDS);
        proxy.blackHole();
        assertThatThrownBy(() -> call.get(30, TimeUnit.SECONDS))
            .hasCauseInstanceOf(StatusRuntimeException.class)
            .hasMessageContaining("no reply to a keep-alive ping within 160ms");
      }
    }
  }

  @Test
  @Timeout(60)
  void callToAPeerThatStandsStillForAWhileIsAnswered() throws Exception {
    try (NamedServer peer = NamedServer.pinged("peer", () -> {});
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", peer.port());
        LogCapture log = LogCapture.of(EndpointConnections.class.getName())) {
      registry.register("names", at(proxy.port(), Map.of(KeepAliveTransportFactory.TAG, "100ms")));
      try (RpcChannel channel =
          RpcChannel.to("memory:///names")
              .registry(registry)
              .endpointKeepAlive(Duration.ofSeconds(1))
              .build()) {
        assertThat(NamedServer.ask(channel, CallOptions.DEFAULT.withWaitForReady()))
            .isEqualTo("peer");
        proxy.blackHole();
        CompletableFuture<String> early =
            CompletableFuture.supplyAsync(() -> NamedServer.ask(channel, CallOptions.DEFAULT));
        String silent = "a keep-alive ping got no reply within 800ms";
        Await.until("the ping got no reply", () -> !log.with(silent).isEmpty() || early.isDone());
        CompletableFuture<String> late =
            CompletableFuture.supplyAsync(() -> NamedServer.ask(channel, CallOptions.DEFAULT));
        proxy.heal();
        assertThat(early.get(30, TimeUnit.SECONDS)).isEqualTo("peer");
        assertThat(late.get(30, TimeUnit.SECONDS)).isEqualTo("peer");
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void endpointWithoutTheTagIsNotPinged() throws Exception {
    // A stock server, which answers a few pings like these with too_many_pings.
    try (NamedServer stock = NamedServer.start("stock");
        NamedServer peer = NamedServer.pinged("peer", () -> {});
        FaultyProxy counted = FaultyProxy.to("127.0.0.1", peer.port())) {
      registry.register("names", stock.endpoint());
      registry.register("names", at(counted.port(), Map.of(KeepAliveTransportFactory.TAG, "10ms")));
      try (RpcChannel channel =
          RpcChannel.to("memory:///names")
              .registry(registry)
              .endpointKeepAlive(Duration.ofSeconds(1))
              .build()) {
        awaitAll(channel, Set.of("stock", "peer"));
        // Frames of 17 bytes come back to the one that agreed while nothing else is sent. The
        // interval is long enough for a busy machine to answer in time.
        long before = counted.bytes(FaultyProxy.Direction.TO_CLIENT);
        Await.until(
            "five pings are answered",
            () -> counted.bytes(FaultyProxy.Direction.TO_CLIENT) >= before + 5 * 17);
        awaitAll(channel, Set.of("stock", "peer"));
        assertThat(stock.connections()).as("it never sent us away").isEqualTo(1);
        assertThat(peer.connections()).isEqualTo(1);
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void malformedTagDisablesPings() throws Exception {
    try (NamedServer stock = NamedServer.start("stock")) {
      registry.register("names", at(stock.port(), Map.of(KeepAliveTransportFactory.TAG, "often")));
      try (RpcChannel channel =
          RpcChannel.to("memory:///names")
              .registry(registry)
              .endpointKeepAlive(Duration.ofMillis(20))
              .build()) {
        assertThat(NamedServer.ask(channel, CallOptions.DEFAULT.withWaitForReady()))
            .isEqualTo("stock");
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void fiveTimeoutsReplaceAConnectionToAStockServer() throws Exception {
    try (NamedServer well = NamedServer.start("well");
        NamedServer silent = NamedServer.start("silent");
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", silent.port())) {
      registry.register("names", well.endpoint());
      registry.register("names", at(proxy.port(), Map.of()));
      ChannelTarget target = ChannelTarget.open("memory:///names", registry);
      NettyChannelBuilder builder =
          NettyChannelBuilder.forTarget(target.grpcTarget()).usePlaintext();
      target.configure(
          builder,
          false,
          BalancingOptions.builder()
              .balancer(BalancerSpec.of("round_robin"))
              .outlierDetection(OutlierDetectionPolicy.OFF)
              .build());
      ManagedChannel channel = builder.build();
      try {
        awaitAll(channel, Set.of("well", "silent"));
        proxy.blackHole();
        int misses = 0;
        for (int i = 0; i < 60; i++) {
          LoadBalancingContext context = LoadBalancingContext.first(PickRequest.ANY);
          try {
            String unused =
                NamedServer.ask(
                    channel,
                    CallOptions.DEFAULT
                        .withOption(LoadBalancingContext.KEY, context)
                        .withWaitForReady()
                        .withDeadlineAfter(i % 2 == 0 ? 1000 : 1200, TimeUnit.MILLISECONDS));
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(context.endpoint())
                .isNotNull()
                .extracting(EndpointView::id)
                .isEqualTo("behind-a-proxy");
            misses++;
          }
        }
        assertThat(misses).isEqualTo(5);
      } finally {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        target.close();
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void slowStockServerThatAnswersThePingKeepsItsConnection() throws Exception {
    try (NamedServer slow = NamedServer.start("slow");
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + slow.port()).build()) {
      assertThat(channel.awaitReady(Duration.ofSeconds(30))).isTrue();
      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(
                () ->
                    ClientCalls.blockingUnaryCall(
                        channel,
                        NamedServer.FOREVER,
                        CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS),
                        ""))
            .hasMessageStartingWith("DEADLINE_EXCEEDED");
      }
      assertThat(NamedServer.ask(channel, CallOptions.DEFAULT)).isEqualTo("slow");
      assertThat(slow.connections()).isEqualTo(1);
    }
  }

  private static void awaitAll(io.grpc.Channel channel, Set<String> wanted) {
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < TRIES && !seen.keySet().equals(wanted); i++) {
      seen.merge(NamedServer.ask(channel, CallOptions.DEFAULT.withWaitForReady()), 1, Integer::sum);
    }
    assertThat(seen).containsOnlyKeys(wanted);
  }

  private static Endpoint at(int port, Map<String, String> tags) {
    Endpoint plain = Endpoint.of("behind-a-proxy", "127.0.0.1", port);
    return plain.toBuilder().tags(tags).build();
  }
}
