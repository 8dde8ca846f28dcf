package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.CallMetricsSnapshot;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.InMemoryCallMetrics;
import io.fairlead.policy.CircuitBreaker.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What observers hear, and what counts of it. */
@Timeout(60)
class InMemoryCallMetricsTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
  private static final Status DOWN = Status.UNAVAILABLE.withDescription("down");

  private final InMemoryCallMetrics metrics = new InMemoryCallMetrics(InstantSource.fixed(NOON));

  private RpcChannel channel(ScriptedServer server) {
    return RpcChannel.to(server.target()).observer(metrics).build();
  }

  private CallMetricsSnapshot.MethodMetrics ofSay(ScriptedServer server) {
    return Objects.requireNonNull(
        metrics
            .snapshot()
            .methods()
            .get(new CallMetricsSnapshot.MethodKey(server.target(), "test.Echo/Say")));
  }

  private static void fail(RpcChannel channel, MethodContract<StringValue, StringValue> say) {
    assertThatThrownBy(() -> ScriptedServer.call(channel, say, "x"))
        .isInstanceOf(StatusRuntimeException.class);
  }

  private static MethodPolicy retrying() {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(30))
        .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build())
        .build();
  }

  @Test
  void callsAndAttemptsAreCountedByMethodEndpointAndKind() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n % 2 == 1) {
            call.fail(DOWN);
          } else {
            call.reply("ok");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = channel(server)) {
      MethodContract<StringValue, StringValue> say = ScriptedServer.say(retrying(), true);
      for (int i = 0; i < 5; i++) {
        assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      }
      CallMetricsSnapshot.MethodMetrics said = ofSay(server);
      assertThat(said.calls()).isEqualTo(Map.of(Code.OK, 5L));
      assertThat(said.attempts()).isEqualTo(Map.of(Kind.FIRST, 5L, Kind.RETRY, 5L));
      assertThat(said.last()).isNull();
      assertThat(said.longest()).isPositive();
      CallMetricsSnapshot.EndpointMetrics there =
          Objects.requireNonNull(metrics.snapshot().endpoints().get(server.target()));
      assertThat(there.attempts()).isEqualTo(Map.of(Code.OK, 5L, Code.UNAVAILABLE, 5L));
      assertThat(Objects.requireNonNull(there.last()).text())
          .startsWith("#1 " + server.target() + " UNAVAILABLE (down) ");
      assertThat(metrics.snapshot().metrics())
          .extracting(CallMetricsSnapshot.Metric::name, CallMetricsSnapshot.Metric::count)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("grpc.client.call.duration", 5L),
              org.assertj.core.groups.Tuple.tuple("grpc.client.attempt.started", 10L),
              org.assertj.core.groups.Tuple.tuple("grpc.client.call.retries", 5L));
      assertThat(metrics.snapshot().metrics().get(0).labels())
          .isEqualTo(
              Map.of(
                  "grpc.method",
                  "test.Echo/Say",
                  "grpc.target",
                  server.target(),
                  "grpc.status",
                  "OK"));
    }
  }

  @Test
  void theLastFailureSaysWhatACallerSaw() throws Exception {
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = channel(server)) {
      fail(channel, ScriptedServer.say(retrying(), true));
      CallMetricsSnapshot.Failure last = Objects.requireNonNull(ofSay(server).last());
      assertThat(last.at()).isEqualTo(NOON);
      assertThat(last.code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(last.text())
          .startsWith("test.Echo/Say failed after ")
          .endsWith("; all attempts are used");
      assertThat(metrics.snapshot().text())
          .contains("test.Echo/Say on " + server.target() + ": 1 call {UNAVAILABLE=1}, attempts ")
          .contains("{the first=1, retry=2}")
          .contains("\n  last failure at 2026-11-21T12:00:00Z UNAVAILABLE: test.Echo/Say failed");
    }
  }

  @Test
  void failsafeAndFallbackAreCountedApart() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(MethodPolicy.builder().failureMode(FailureMode.FAILSAFE).build(), false);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .observer(metrics)
                .fallback(
                    say,
                    (request, failure) ->
                        request.getValue().equals("guess") ? StringValue.of("guessed") : null)
                .build()) {
      assertThat(ScriptedServer.call(channel, say, "x")).isEmpty();
      assertThat(ScriptedServer.call(channel, say, "x")).isEmpty();
      assertThat(ScriptedServer.call(channel, say, "guess")).isEqualTo("guessed");
      assertThat(ofSay(server).calls()).isEqualTo(Map.of(Code.UNAVAILABLE, 3L));
      assertThat(ofSay(server).fallbacksServed())
          .isEqualTo(Map.of(FallbackKind.DEFAULT_MESSAGE, 2L, FallbackKind.FUNCTION, 1L));
      assertThat(channel.fallbacksServed()).isEqualTo(3);
    }
  }

  @Test
  void circuitBreakerChangesAreReported() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(
            MethodPolicy.builder()
                .breaker(CircuitBreakerPolicy.builder().minimumSamples(2).build())
                .build(),
            false);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = channel(server)) {
      for (int i = 0; i < 3; i++) {
        fail(channel, say);
      }
      assertThat(metrics.snapshot().breakers())
          .singleElement()
          .satisfies(
              breaker -> {
                assertThat(breaker.phase()).isEqualTo(Phase.OPEN);
                assertThat(breaker)
                    .hasToString(
                        "the circuit breaker of method test.Echo/Say is open: 2 of 2 calls failed,"
                            + " the last with UNAVAILABLE (down); tries again in 5s");
              });
      assertThat(ofSay(server).calls()).isEqualTo(Map.of(Code.UNAVAILABLE, 3L));
      assertThat(ofSay(server).attempts()).isEqualTo(Map.of(Kind.FIRST, 2L));
      assertThat(channel.breakers())
          .filteredOn(breaker -> breaker.scope() == CircuitBreakerStatus.Scope.METHOD)
          .extracting(CircuitBreakerStatus::phase)
          .containsExactly(Phase.OPEN);
    }
  }

  @Test
  void hedgedCallReportsAllAttempts() throws Exception {
    List<CallOutcome> outcomes = new ArrayList<>();
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(30))
            .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(20)).build())
            .build();
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("warm");
          } else if (call.header("grpc-previous-rpc-attempts") != null) {
            call.fail(Status.NOT_FOUND);
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel =
            RpcChannel.to(server.target()).observer(metrics).observer(outcomes::add).build()) {
      String unused =
          ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "warm up");
      outcomes.clear();
      fail(channel, ScriptedServer.say(policy, true));
      assertThat(ofSay(server).attempts()).isEqualTo(Map.of(Kind.FIRST, 2L, Kind.HEDGE, 1L));
      assertThat(outcomes).hasSize(1);
      assertThat(outcomes.get(0).attempts())
          .extracting(attempt -> attempt.kind() + " " + attempt.code())
          .containsExactly("the first CANCELLED", "hedge NOT_FOUND");
      assertThat(outcomes.get(0).attempts())
          .allSatisfy(attempt -> assertThat(attempt.totalTime()).isPositive());
    }
  }

  @Test
  void anObserverThatFailsHarmsNeitherTheCallNorTheOthers() throws Exception {
    CallObserver broken =
        outcome -> {
          throw new IllegalStateException("broken on purpose");
        };
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel =
            RpcChannel.to(server.target()).observer(broken).observer(metrics).build()) {
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), false), "x"))
          .isEqualTo("ok");
      assertThat(ofSay(server).calls()).isEqualTo(Map.of(Code.OK, 1L));
    }
  }
}
