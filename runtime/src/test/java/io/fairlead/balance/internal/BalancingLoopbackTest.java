package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.internal.resolve.ChannelTarget;
import io.fairlead.policy.BalancerSpec;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pipe from registry to call, over real sockets. */
class BalancingLoopbackTest {
  private static final BalancerSpec ROUND_ROBIN = BalancerSpec.of("round_robin");

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<AutoCloseable> open = new ArrayList<>();
  private NamedServer a;
  private NamedServer b;
  private NamedServer c;

  @BeforeEach
  void start() throws Exception {
    a = server("a");
    b = server("b");
    c = server("c");
  }

  @AfterEach
  void stop() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void callsReachWhatIsRegistered() throws Exception {
    registry.register("names", a.endpoint());
    Registration second = registry.register("names", b.endpoint());
    ManagedChannel channel = channel("memory:///names", registry);

    awaitSpread(channel, "a", "b");
    second.close();
    awaitSpread(channel, "a");
    registry.register("names", c.endpoint());
    awaitSpread(channel, "a", "c");
  }

  @Test
  void aTargetMayBringItsOwnRegistry() throws Exception {
    String target =
        "static:///names?endpoint=127.0.0.1:" + a.port() + "&endpoint=localhost:" + b.port();
    awaitSpread(channel(target, null), "a", "b");
  }

  @Test
  void hostAndPortAndDnsGoThroughTheSameBalancer() throws Exception {
    for (String target : List.of("localhost:" + a.port(), "dns:///localhost:" + a.port())) {
      ManagedChannel channel = channel(target, null);
      LoadBalancingContext context = LoadBalancingContext.first(PickRequest.ANY);
      assertThat(
              NamedServer.ask(
                  channel, CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context)))
          .isEqualTo("a");
      assertThat(context.reason()).startsWith("least_request");
      assertThat(idOf(context)).endsWith(":" + a.port());
    }
  }

  @Test
  void retriesAvoidTheTriedEndpointInEveryBalancer() throws Exception {
    ManagedChannel channel =
        channel(
            "memory:///names",
            StaticRegistry.of("names", a.endpoint(), b.endpoint(), c.endpoint()));
    awaitSpread(channel, "a", "b", "c");
    for (String policy : List.of("pick_first", "round_robin", "least_request")) {
      LoadBalancingContext first =
          LoadBalancingContext.first(
              PickRequest.of(BalancerSpec.of(policy), EndpointFilter.ALLOW_ALL));
      LoadBalancingContext second = first.next();
      LoadBalancingContext third = second.next();
      LoadBalancingContext fourth = third.next();
      List<String> served = new ArrayList<>();
      for (LoadBalancingContext context : List.of(first, second, third)) {
        served.add(
            NamedServer.ask(
                channel, CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context)));
        assertThat(idOf(context)).isEqualTo(served.get(served.size() - 1));
      }
      assertThat(served).as(policy).containsExactlyInAnyOrder("a", "b", "c");
      NamedServer.ask(channel, CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, fourth));
      assertThat(fourth.reason()).startsWith(policy).contains("tried before in this call");
    }
  }

  @Test
  void openBreakersDivertCallsAndFailThemWhenAllAreOpen() throws Exception {
    ManagedChannel channel =
        channel("memory:///names", StaticRegistry.of("names", a.endpoint(), b.endpoint()));
    awaitSpread(channel, "a", "b");
    EndpointFilter notA = view -> !view.id().equals("a");
    for (int i = 0; i < 20; i++) {
      LoadBalancingContext context = LoadBalancingContext.first(PickRequest.of(ROUND_ROBIN, notA));
      assertThat(
              NamedServer.ask(
                  channel, CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, context)))
          .isEqualTo("b");
    }
    LoadBalancingContext refused =
        LoadBalancingContext.first(PickRequest.of(ROUND_ROBIN, view -> false));
    assertThatThrownBy(
            () ->
                NamedServer.ask(
                    channel,
                    CallOptions.DEFAULT
                        .withOption(LoadBalancingContext.KEY, refused)
                        .withWaitForReady()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("circuit breakers reject all 2 endpoints");
    assertThat(refused.endpoint()).isNull();
  }

  @Test
  void callsWithoutEndpointsFailWithTheRegistrysReason() {
    ManagedChannel channel = channel("memory:///names", registry);
    assertThatThrownBy(() -> NamedServer.ask(channel, CallOptions.DEFAULT))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("InMemoryRegistry")
        .hasMessageContaining("names has no endpoint");
    registry.register("names", a.endpoint());
    assertThat(NamedServer.ask(channel, CallOptions.DEFAULT.withWaitForReady())).isEqualTo("a");
  }

  @Test
  void deadServerIsSkippedAndNamedWhenItIsTheOnlyOne() throws Exception {
    ManagedChannel channel =
        channel("memory:///names", StaticRegistry.of("names", a.endpoint(), b.endpoint()));
    awaitSpread(channel, "a", "b");
    a.close();
    // A call may be on its way while the connection ends; from then on none goes there.
    awaitSpread(channel, "b");
    for (int i = 0; i < 50; i++) {
      assertThat(
              NamedServer.ask(
                  channel,
                  CallOptions.DEFAULT
                      .withOption(LoadBalancingContext.KEY, fresh())
                      .withWaitForReady()))
          .isEqualTo("b");
    }
    b.close();
    awaitState(channel, ConnectivityState.TRANSIENT_FAILURE);
    assertThatThrownBy(() -> NamedServer.ask(channel, CallOptions.DEFAULT))
        .hasMessageContaining("none of the 2 endpoints of names can take calls")
        .hasMessageContaining("127.0.0.1:" + b.port())
        .hasMessageContaining("Connection refused");
  }

  @Test
  void connectionsOfEndpointsThatStaySurviveANewList() throws Exception {
    registry.register("names", a.endpoint());
    ManagedChannel channel = channel("memory:///names", registry);
    awaitSpread(channel, "a");
    int before = a.connections();
    for (int i = 0; i < 20; i++) {
      registry.register("names", b.endpoint()).close();
    }
    registry.register("names", c.endpoint());
    awaitSpread(channel, "a", "c");
    assertThat(a.connections()).isEqualTo(before).isEqualTo(1);
  }

  @Test
  void unreachableListDoesNotReplaceAReachableOne() throws Exception {
    SettableRegistry settable = new SettableRegistry();
    settable.set("names", a.endpoint());
    ManagedChannel channel = channel("memory:///names", settable);
    awaitSpread(channel, "a");
    int deadPort = c.port();
    c.close();
    settable.set("names", Endpoint.of("dead", "127.0.0.1", deadPort));
    for (int i = 0; i < 20; i++) {
      assertThat(NamedServer.ask(channel, CallOptions.DEFAULT.withWaitForReady())).isEqualTo("a");
    }
    settable.set("names", b.endpoint());
    awaitSpread(channel, "b");
  }

  @Test
  void unhealthyServersAreNotPicked() throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    NamedServer gated = NamedServer.start("gated", health.getHealthService());
    open.add(gated);
    ManagedChannel channel =
        channel("memory:///names", StaticRegistry.of("names", a.endpoint(), gated.endpoint()));
    awaitSpread(channel, "a", "gated");
    health.setStatus("", ServingStatus.NOT_SERVING);
    awaitSpread(channel, "a");
    health.setStatus("", ServingStatus.SERVING);
    awaitSpread(channel, "a", "gated");

    health.setStatus("", ServingStatus.NOT_SERVING);
    ManagedChannel alone = channel("memory:///names", StaticRegistry.of("names", gated.endpoint()));
    assertThatThrownBy(() -> NamedServer.ask(alone, CallOptions.DEFAULT))
        .hasMessageContaining("the only endpoint of names cannot take calls")
        .hasMessageContaining("its health service says NOT_SERVING");
  }

  private static String idOf(LoadBalancingContext context) {
    return Objects.requireNonNull(context.endpoint()).id();
  }

  private static LoadBalancingContext fresh() {
    return LoadBalancingContext.first(PickRequest.of(ROUND_ROBIN, EndpointFilter.ALLOW_ALL));
  }

  /** Calls by round robin until exactly these servers answer, each its share; or a long while. */
  private static void awaitSpread(ManagedChannel channel, String... servers) {
    Map<String, Integer> answers = new HashMap<>();
    long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    do {
      answers.clear();
      for (int i = 0; i < 4 * servers.length; i++) {
        CallOptions options =
            CallOptions.DEFAULT.withOption(LoadBalancingContext.KEY, fresh()).withWaitForReady();
        try {
          answers.merge(NamedServer.ask(channel, options), 1, Integer::sum);
        } catch (StatusRuntimeException e) {
          answers.merge("failed: " + e.getStatus(), 1, Integer::sum);
        }
      }
    } while (System.nanoTime() < giveUp
        && !(answers.keySet().equals(Set.of(servers))
            && answers.values().stream().allMatch(n -> n == 4)));
    assertThat(answers).containsOnlyKeys(servers);
  }

  private static void awaitState(ManagedChannel channel, ConnectivityState wanted)
      throws InterruptedException {
    for (ConnectivityState state = channel.getState(false);
        state != wanted;
        state = channel.getState(false)) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      assertThat(changed.await(20, TimeUnit.SECONDS)).as("state left " + state).isTrue();
    }
  }

  private NamedServer server(String name) throws Exception {
    NamedServer server = NamedServer.start(name);
    open.add(server);
    return server;
  }

  private ManagedChannel channel(String text, @Nullable Registry given) {
    ChannelTarget target = ChannelTarget.open(text, given);
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target.grpcTarget()).usePlaintext();
    target.configure(builder, false, BalancingOptions.DEFAULT);
    ManagedChannel channel = builder.build();
    open.add(
        () -> {
          channel.shutdownNow();
          assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
          target.close();
        });
    return channel;
  }
}
