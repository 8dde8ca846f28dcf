package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.EndpointSelector;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointSelectorHeader;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A share of the calls goes to the endpoints with a tag, and the others elsewhere. */
@Timeout(120)
class RoutedCallsTest {
  private static final EndpointSelector CANARY = new EndpointSelector("version", "2", false);
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(
          MethodPolicy.builder()
              .deadline(Duration.ofMinutes(1))
              .waitForReady(true)
              .breaker(CircuitBreakerPolicy.off())
              .endpointBreaker(CircuitBreakerPolicy.off())
              .build(),
          true);

  private final MutablePolicySource live = new MutablePolicySource();
  private ScriptedServer stable;
  private ScriptedServer canary;
  private volatile boolean canaryFails;

  @BeforeEach
  void start() throws Exception {
    stable = ScriptedServer.start((n, call) -> call.reply("stable"));
    canary =
        ScriptedServer.start(
            (n, call) -> {
              if (canaryFails) {
                call.fail(Status.UNAVAILABLE);
              } else {
                call.reply("canary");
              }
            });
  }

  @AfterEach
  void end() {
    stable.close();
    canary.close();
  }

  private RpcChannel channel(BalancingOptions balancing) {
    Endpoint old = Endpoint.of("old", "127.0.0.1", stable.port()).toBuilder().version("1").build();
    Endpoint tagged =
        Endpoint.of("new", "127.0.0.1", canary.port()).toBuilder().version("2").build();
    RpcChannel channel =
        RpcChannel.to("static:///echo")
            .registry(StaticRegistry.of("echo", old, tagged))
            .balancing(balancing)
            .livePolicies(live)
            .build();
    // These wait until both are connected.
    for (String version : new String[] {"1", "2"}) {
      CallSettings only =
          CallSettings.builder()
              .endpointSelector(new EndpointSelector("version", version, true))
              .build();
      assertThat(ScriptedServer.call(only.over(channel), SAY, "x")).isNotEmpty();
    }
    return channel;
  }

  private RpcChannel channel() {
    return channel(BalancingOptions.builder().build());
  }

  private static RoutePolicy.Builder route(double percent) {
    return RoutePolicy.builder().value("2").percent(percent);
  }

  private void set(RoutePolicy.Builder route) {
    live.set(SAY.fullName(), MethodPolicy.builder().route(route.build()).build());
  }

  @Test
  void allCallsGoToTheCanaryOrNoneOrAnywhereAgain() {
    try (RpcChannel channel = channel()) {
      set(route(100));
      for (int i = 0; i < 30; i++) {
        assertThat(ScriptedServer.call(channel, SAY, "x")).isEqualTo("canary");
      }
      set(route(0));
      for (int i = 0; i < 30; i++) {
        assertThat(ScriptedServer.call(channel, SAY, "x")).isEqualTo("stable");
      }
      set(route(0).tag("id").value("old"));
      for (int i = 0; i < 30; i++) {
        assertThat(ScriptedServer.call(channel, SAY, "x")).as("away").isEqualTo("canary");
      }
      live.remove(SAY.fullName());
      boolean both = false;
      for (int i = 0; i < 1_000 && !both; i++) {
        both = ScriptedServer.call(channel, SAY, "x").equals("stable");
      }
      assertThat(both).as("no route").isTrue();
      assertThat(Objects.requireNonNull(channel.policies().get(SAY.fullName())).route()).isEmpty();
    }
  }

  @Test
  void whatACallAsksForItselfComesFirst() {
    BalancingOptions byHeader =
        BalancingOptions.builder()
            .endpointSelectorHeader(EndpointSelectorHeader.version("x-version"))
            .build();
    try (RpcChannel channel = channel(byHeader)) {
      set(route(0));
      CallSettings selector = CallSettings.builder().endpointSelector(CANARY).build();
      CallSettings header = CallSettings.builder().header("x-version", "2").build();
      CallSettings endpoint = CallSettings.builder().endpoint("new").build();
      for (int i = 0; i < 10; i++) {
        for (CallSettings each : new CallSettings[] {selector, header, endpoint}) {
          assertThat(ScriptedServer.call(each.over(channel), SAY, "x")).isEqualTo("canary");
        }
        assertThat(ScriptedServer.call(channel, SAY, "x")).isEqualTo("stable");
      }
    }
  }

  @Test
  void aRetryLeavesTheCanaryThatFails() {
    MethodPolicy again =
        MethodPolicy.builder()
            .retry(RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
            .route(route(100).build())
            .build();
    try (RpcChannel channel = channel()) {
      live.set(SAY.fullName(), again);
      canaryFails = true;
      assertThat(ScriptedServer.call(channel, SAY, "x")).isEqualTo("stable");
    }
  }

  @Test
  void aRouteToNobodyCostsNoCall() {
    try (RpcChannel channel = channel()) {
      set(route(100).value("3"));
      assertThat(ScriptedServer.call(channel, SAY, "x")).isIn("stable", "canary");
    }
  }

  @Test
  void aBroadcastStillGoesEverywhere() {
    try (RpcChannel channel = channel()) {
      int before = stable.seen.size();
      live.set(
          SAY.fullName(),
          MethodPolicy.builder()
              .failureMode(FailureMode.BROADCAST)
              .route(route(100).build())
              .build());
      assertThat(ScriptedServer.call(channel, SAY, "x")).isNotEmpty();
      assertThat(stable.seen).hasSize(before + 1);
    }
  }

  @Test
  void theShareIsExactAndAKeyStaysOnItsSide() {
    PickRequest plain = PickRequest.of(null, EndpointFilter.ALLOW_ALL);
    double[] random = {0.0999};
    CallRoute tenth = new CallRoute(route(10).build(), () -> random[0]);
    assertThat(tenth.of(plain).endpointSelector()).isEqualTo(CANARY);
    random[0] = 0.1;
    assertThat(tenth.of(plain).endpointSelector()).isEqualTo(CANARY.others());
    int wanted = 0;
    for (int i = 0; i < 10_000; i++) {
      PickRequest keyed = plain.withKey("customer-" + i);
      EndpointSelector side = tenth.of(keyed).endpointSelector();
      random[0] = i / 10_000.0;
      assertThat(tenth.of(keyed).endpointSelector()).isEqualTo(side);
      wanted += CANARY.equals(side) ? 1 : 0;
    }
    assertThat(wanted).isCloseTo(1_000, within(150));
  }

  @Test
  void aRouteThatCannotBeHasASentence() {
    assertThatThrownBy(() -> route(101).build())
        .hasMessage("route.percent 101 is out of range; use 0 to 100");
    assertThatThrownBy(() -> route(Double.NaN).build()).hasMessageContaining("route.percent NaN");
    assertThatThrownBy(() -> route(10).value(" ").build())
        .hasMessageContaining("route.value \" \" is blank");
    assertThatThrownBy(() -> route(10).tag("").build()).hasMessageContaining("route.tag \"\" is");
    assertThatThrownBy(() -> RoutePolicy.builder().percent(1).build())
        .hasMessage(
            "route.value is not set; give what the wanted endpoints have there, as in \"2.0\"");
    assertThatThrownBy(() -> RoutePolicy.builder().value("2").build())
        .hasMessage("route.percent is not set; give the share of the calls, from 0 to 100");
    assertThat(route(10).build()).hasToString("10% to version=2");
    assertThat(route(0.5).tag("ring").build()).hasToString("0.5% to ring=2");
    assertThat(route(10).build().toBuilder().build()).isEqualTo(route(10).build());
  }
}
