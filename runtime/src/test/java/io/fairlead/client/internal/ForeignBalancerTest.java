package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A balancer that somebody wrote for grpc-java, asked for by name, over real sockets. */
@Timeout(120)
class ForeignBalancerTest {
  private static final String CHOSEN = "grpc-java's balancer chose, in pick %d of at most 5";
  private static final String ANY = "any, since grpc-java's balancer named none that may take it";

  private final List<CallOutcome> outcomes = new CopyOnWriteArrayList<>();
  private final List<ScriptedServer> servers = new ArrayList<>();
  private final LoadBalancerProvider stubborn = new Foreign("stubborn", false);
  private final LoadBalancerProvider turning = new Foreign("turning", true);

  @BeforeEach
  void start() throws Exception {
    LoadBalancerRegistry.getDefaultRegistry().register(stubborn);
    LoadBalancerRegistry.getDefaultRegistry().register(turning);
  }

  @AfterEach
  void end() {
    servers.forEach(ScriptedServer::close);
    LoadBalancerRegistry.getDefaultRegistry().deregister(stubborn);
    LoadBalancerRegistry.getDefaultRegistry().deregister(turning);
  }

  /** A peer for each script; the lowest port is who the stubborn one wants. */
  private RpcChannel channel(ScriptedServer.Script... scripts) throws Exception {
    Endpoint[] endpoints = new Endpoint[scripts.length];
    for (int i = 0; i < scripts.length; i++) {
      ScriptedServer server = ScriptedServer.start(scripts[i]);
      servers.add(server);
      endpoints[i] = Endpoint.of("e" + i, "127.0.0.1", server.port());
    }
    return RpcChannel.to("static:///echo")
        .registry(StaticRegistry.of("echo", endpoints))
        .retriesPerSecond(1_000)
        .observer(outcomes::add)
        .build();
  }

  private static MethodContract<StringValue, StringValue> say(String balancer) {
    return ScriptedServer.say(
        MethodPolicy.builder()
            .deadline(Duration.ofMinutes(1))
            .waitForReady(true)
            .endpointBreaker(CircuitBreakerPolicy.off())
            .balancer(balancer)
            .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build())
            .build(),
        true);
  }

  private List<AttemptOutcome> attempts() {
    return outcomes.get(outcomes.size() - 1).attempts();
  }

  /** Calls until all connections stand, so that it has all to choose from. */
  private void warmUp(RpcChannel channel, MethodContract<StringValue, StringValue> say) {
    for (int i = 0; i < 10_000 && servers.stream().anyMatch(server -> server.seen.isEmpty()); i++) {
      assertThat(ScriptedServer.call(channel, say("round_robin"), "warm up")).isEqualTo("ok");
    }
    assertThat(ScriptedServer.call(channel, say, "warm up")).isEqualTo("ok");
  }

  @Test
  void foreignBalancerMayChooseAnyConnection() throws Exception {
    try (RpcChannel channel =
        channel((n, call) -> call.reply("ok"), (n, call) -> call.reply("ok"))) {
      MethodContract<StringValue, StringValue> say = say("stubborn");
      warmUp(channel, say);
      outcomes.clear();
      for (int i = 0; i < 20; i++) {
        assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      }
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.attempts())
                      .extracting(AttemptOutcome::pickReason)
                      .containsExactly(String.format(CHOSEN, 1)));
      assertThat(outcomes.stream().map(outcome -> outcome.attempts().get(0).endpoint()).distinct())
          .hasSize(1);
      for (ScriptedServer server : servers) {
        assertThat(server.seen.stream().map(call -> call.remote).distinct()).hasSize(1);
      }
    }
  }

  @Test
  void foreignBalancerIsOverruledAfterFiveTriedPicks() throws Exception {
    AtomicInteger failures = new AtomicInteger(Integer.MIN_VALUE);
    ScriptedServer.Script failsOnce =
        (n, call) -> {
          if (failures.getAndIncrement() == 0) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("ok");
          }
        };
    try (RpcChannel channel = channel(failsOnce, failsOnce)) {
      MethodContract<StringValue, StringValue> say = say("stubborn");
      warmUp(channel, say);
      failures.set(0);
      assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      assertThat(attempts())
          .extracting(AttemptOutcome::pickReason)
          .containsExactly(String.format(CHOSEN, 1), ANY);
      assertThat(attempts()).extracting(AttemptOutcome::endpoint).doesNotHaveDuplicates();
    }
  }

  @Test
  void foreignBalancersSecondChoiceIsUsed() throws Exception {
    AtomicInteger failures = new AtomicInteger(Integer.MIN_VALUE);
    ScriptedServer.Script failsTwice =
        (n, call) -> {
          int number = failures.getAndIncrement();
          if (number == 0 || number == 1) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("ok");
          }
        };
    try (RpcChannel channel = channel(failsTwice, failsTwice, failsTwice)) {
      MethodContract<StringValue, StringValue> say = say("turning");
      warmUp(channel, say);
      failures.set(0);
      assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      assertThat(attempts()).hasSize(3);
      assertThat(attempts())
          .extracting(AttemptOutcome::pickReason)
          .allMatch(choice -> choice.startsWith("grpc-java's balancer chose, in pick "));
      assertThat(attempts()).extracting(AttemptOutcome::endpoint).doesNotHaveDuplicates();
    }
  }

  /** Keeps to the ready one with the lowest port, or goes through them. */
  private static final class Foreign extends LoadBalancerProvider {
    private final String name;
    private final boolean turns;

    Foreign(String name, boolean turns) {
      this.name = name;
      this.turns = turns;
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return 5;
    }

    @Override
    public String getPolicyName() {
      return name;
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
      return new Choosing(helper, turns);
    }
  }

  private static final class Choosing extends LoadBalancer {
    private final Helper helper;
    private final boolean turns;
    private final AtomicInteger turn = new AtomicInteger();
    private final Map<Integer, Subchannel> ready = new TreeMap<>();
    private final List<Subchannel> all = new ArrayList<>();

    Choosing(Helper helper, boolean turns) {
      this.helper = helper;
      this.turns = turns;
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
      for (EquivalentAddressGroup group : resolved.getAddresses()) {
        Subchannel subchannel =
            helper.createSubchannel(
                CreateSubchannelArgs.newBuilder().setAddresses(List.of(group)).build());
        all.add(subchannel);
        int port = ((InetSocketAddress) group.getAddresses().get(0)).getPort();
        subchannel.start(
            state -> {
              if (state.getState() == ConnectivityState.READY) {
                ready.put(port, subchannel);
              } else {
                ready.remove(port);
              }
              publish();
            });
        subchannel.requestConnection();
      }
      return Status.OK;
    }

    private void publish() {
      List<Subchannel> now = List.copyOf(ready.values());
      helper.updateBalancingState(
          now.isEmpty() ? ConnectivityState.CONNECTING : ConnectivityState.READY,
          new SubchannelPicker() {
            @Override
            public PickResult pickSubchannel(PickSubchannelArgs args) {
              int at = turns ? turn.getAndIncrement() % now.size() : 0;
              return now.isEmpty()
                  ? PickResult.withNoResult()
                  : PickResult.withSubchannel(now.get(at));
            }
          });
    }

    @Override
    public void handleNameResolutionError(Status error) {}

    @Override
    public void shutdown() {
      all.forEach(Subchannel::shutdown);
    }
  }
}
