package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.FaultyProxy.Direction;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts of one call at two endpoints, of which one is in trouble. */
@Timeout(120)
class AttemptsElsewhereTest {
  private final List<CallOutcome> outcomes = new CopyOnWriteArrayList<>();

  private static MethodPolicy.Builder policy() {
    // In turn, so that every second call begins at the one in trouble.
    return MethodPolicy.builder()
        .deadline(Duration.ofMinutes(1))
        .balancer("round_robin")
        .endpointBreaker(CircuitBreakerPolicy.off());
  }

  private static RetryPolicy.Builder retry() {
    return RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1));
  }

  private RpcChannel channel(int bad, int good) {
    return RpcChannel.to("static:///echo")
        .registry(
            StaticRegistry.of(
                "echo",
                Endpoint.of("bad", "127.0.0.1", bad),
                Endpoint.of("good", "127.0.0.1", good)))
        .retriesPerSecond(1_000)
        .observer(outcomes::add)
        .build();
  }

  /** Calls each by its name, which waits for its connection. */
  private void warmUp(RpcChannel channel) {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(policy().build(), true);
    for (String name : List.of("bad", "good")) {
      Channel one = CallSettings.builder().endpoint(name).build().over(channel);
      assertThat(ScriptedServer.call(one, say, "warm up")).isEqualTo("ok");
    }
    outcomes.clear();
  }

  private static ScriptedServer.Script okThen(ScriptedServer.Script next) {
    return (n, call) -> {
      if (n == 1) {
        call.reply("ok");
      } else {
        next.answer(n, call);
      }
    };
  }

  @Test
  void retryGoesToAnotherEndpoint() throws Exception {
    try (ScriptedServer bad =
            ScriptedServer.start(okThen((n, call) -> call.fail(Status.UNAVAILABLE)));
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = channel(bad.port(), good.port())) {
      warmUp(channel);
      MethodContract<StringValue, StringValue> say =
          ScriptedServer.say(policy().retry(retry().build()).build(), true);
      for (int i = 0; i < 10 || bad.seen.size() < 2; i++) {
        assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      }
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.attempts())
                      .extracting(AttemptOutcome::endpoint)
                      .doesNotHaveDuplicates());
    }
  }

  @Test
  void perAttemptTimeoutMovesTheCallOffADeadConnection() throws Exception {
    try (ScriptedServer bad = ScriptedServer.start((n, call) -> call.reply("ok"));
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", bad.port());
        RpcChannel channel = channel(proxy.port(), good.port())) {
      warmUp(channel);
      proxy.refuse();
      proxy.abandon();
      MethodContract<StringValue, StringValue> say =
          ScriptedServer.say(
              policy().retry(retry().perAttempt(Duration.ofMillis(300)).build()).build(), true);
      while (outcomes.stream().allMatch(outcome -> outcome.attempts().size() < 2)) {
        assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      }
      AttemptOutcome dead = outcomes.get(outcomes.size() - 1).attempts().get(0);
      assertThat(dead.endpoint()).isEqualTo(proxy.authority());
      assertThat(dead.timedOut()).isTrue();
    }
  }

  @Test
  void losingHedgeIsCancelledOnItsServer() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    try (ScriptedServer bad = ScriptedServer.start(okThen((n, call) -> arrived.countDown()));
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", bad.port());
        RpcChannel channel = channel(proxy.port(), good.port())) {
      warmUp(channel);
      MethodContract<StringValue, StringValue> hedged =
          ScriptedServer.say(
              policy()
                  .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(20)).build())
                  .build(),
              true);
      while (arrived.getCount() > 0) {
        assertThat(ScriptedServer.call(channel, hedged, "x")).isEqualTo("ok");
      }
      ScriptedServer.Exchange loser = bad.seen.get(1);
      assertThat(loser.ended.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(loser.cancelled).isTrue();
    }
  }

  @Test
  void endpointWhoseCallsAreAllSupersededIsEjected() throws Exception {
    try (ScriptedServer bad = ScriptedServer.start(okThen((n, call) -> {}));
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = channel(bad.port(), good.port())) {
      warmUp(channel);
      MethodContract<StringValue, StringValue> hedged =
          ScriptedServer.say(
              policy()
                  .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(20)).build())
                  .build(),
              true);
      for (int i = 0; i < 200; i++) {
        assertThat(ScriptedServer.call(channel, hedged, "x")).isEqualTo("ok");
      }
      // The fifth consecutive one ejects it; a call or two may begin before that is known.
      assertThat(bad.seen).hasSizeBetween(1 + 5, 1 + 10);
    }
  }

  @Test
  void hedgeSupersedesAThrottledResponse() throws Exception {
    try (ScriptedServer bad = ScriptedServer.start((n, call) -> call.reply("ok"));
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        FaultyProxy proxy = FaultyProxy.to("127.0.0.1", bad.port());
        RpcChannel channel = channel(proxy.port(), good.port())) {
      warmUp(channel);
      proxy.blackHole(Direction.TO_CLIENT);
      MethodContract<StringValue, StringValue> hedged =
          ScriptedServer.say(
              policy()
                  .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(20)).build())
                  .build(),
              true);
      // On a busy machine the good one may take 20 ms, too, and lose to a hedge in vain.
      while (outcomes.stream()
          .noneMatch(
              outcome ->
                  outcome.attempts().stream()
                      .map(AttemptOutcome::endpoint)
                      .toList()
                      .equals(List.of(proxy.authority(), good.target())))) {
        assertThat(ScriptedServer.call(channel, hedged, "x")).isEqualTo("ok");
      }
      proxy.heal();
    }
  }

  @Test
  void retriesStayWithinAFifthOfTheCalls() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(
            policy().breaker(CircuitBreakerPolicy.off()).retry(retry().build()).build(), true);
    try (ScriptedServer bad = ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE));
        OpenStack channel =
            new OpenStack(bad.target(), channelConfig -> channelConfig.retriesPerSecond = 0)) {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> ScriptedServer.call(channel, say, "x"))
            .isInstanceOf(StatusRuntimeException.class);
      }
      assertThat(bad.seen).hasSize(120);
      assertThat(bad.seen)
          .filteredOn(call -> call.header("grpc-previous-rpc-attempts") != null)
          .hasSize(20);
    }
  }
}
