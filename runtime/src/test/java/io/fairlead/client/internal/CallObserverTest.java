package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.observe.FallbackKind;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What observers of a channel hear. */
@Timeout(60)
class CallObserverTest {
  private static final Status DOWN = Status.UNAVAILABLE.withDescription("down");

  private final Heard heard = new Heard();

  /** Keeps all that an observer is told. */
  private static final class Heard implements CallObserver {
    final List<CallOutcome> outcomes = new ArrayList<>();
    final List<FallbackKind> fallbacks = new ArrayList<>();
    final List<CircuitBreakerStatus> breakers = new ArrayList<>();

    @Override
    public void callEnded(CallOutcome outcome) {
      outcomes.add(outcome);
    }

    @Override
    public void fallbackServed(CallOutcome failure, FallbackKind kind) {
      fallbacks.add(kind);
    }

    @Override
    public void circuitBreakerChanged(CircuitBreakerStatus breaker) {
      breakers.add(breaker);
    }

    List<Code> codes() {
      return outcomes.stream().map(CallOutcome::code).toList();
    }

    List<Kind> attempts() {
      return outcomes.stream()
          .flatMap(outcome -> outcome.attempts().stream())
          .map(AttemptOutcome::kind)
          .toList();
    }
  }

  private RpcChannel channel(ScriptedServer server) {
    return RpcChannel.to(server.target()).observer(heard).build();
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
  void aCallIsReportedOnceWithAllItsAttempts() throws Exception {
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
      assertThat(heard.codes()).hasSize(5).containsOnly(Code.OK);
      assertThat(heard.outcomes)
          .allSatisfy(
              outcome -> {
                assertThat(outcome.method()).isEqualTo("test.Echo/Say");
                assertThat(outcome.target()).isEqualTo(server.target());
                assertThat(outcome.totalTime()).isPositive();
                assertThat(outcome.attempts())
                    .extracting(AttemptOutcome::kind)
                    .containsExactly(Kind.FIRST, Kind.RETRY);
                assertThat(outcome.attempts())
                    .extracting(AttemptOutcome::code)
                    .containsExactly(Code.UNAVAILABLE, Code.OK);
                assertThat(outcome.attempts().get(0).toString())
                    .startsWith("#1 " + server.target() + " UNAVAILABLE (down) ");
              });
    }
  }

  @Test
  void aFailureIsExplainedAsItsCallerSawIt() throws Exception {
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = channel(server)) {
      fail(channel, ScriptedServer.say(retrying(), true));
      assertThat(heard.codes()).containsExactly(Code.UNAVAILABLE);
      assertThat(heard.attempts()).containsExactly(Kind.FIRST, Kind.RETRY, Kind.RETRY);
      assertThat(CallExplanation.of(heard.outcomes.get(0)).headline())
          .startsWith("test.Echo/Say failed after ")
          .endsWith("; all attempts are used");
    }
  }

  @Test
  void failsafeAndFallbackAreReportedApart() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(MethodPolicy.builder().failureMode(FailureMode.FAILSAFE).build(), false);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .observer(heard)
                .fallback(
                    say,
                    (request, failure) ->
                        request.getValue().equals("guess") ? StringValue.of("guessed") : null)
                .build()) {
      assertThat(ScriptedServer.call(channel, say, "x")).isEmpty();
      assertThat(ScriptedServer.call(channel, say, "x")).isEmpty();
      assertThat(ScriptedServer.call(channel, say, "guess")).isEqualTo("guessed");
      assertThat(heard.codes()).hasSize(3).containsOnly(Code.UNAVAILABLE);
      assertThat(heard.fallbacks)
          .containsExactly(
              FallbackKind.DEFAULT_MESSAGE, FallbackKind.DEFAULT_MESSAGE, FallbackKind.FUNCTION);
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
      assertThat(heard.breakers)
          .singleElement()
          .satisfies(
              breaker -> {
                assertThat(breaker.phase()).isEqualTo(Phase.OPEN);
                assertThat(breaker)
                    .hasToString(
                        "the circuit breaker of method test.Echo/Say is open: 2 of 2 calls failed,"
                            + " the last with UNAVAILABLE (down); tries again in 5s");
              });
      assertThat(heard.codes()).hasSize(3).containsOnly(Code.UNAVAILABLE);
      assertThat(heard.attempts()).containsExactly(Kind.FIRST, Kind.FIRST);
      assertThat(channel.breakers())
          .filteredOn(breaker -> breaker.scope() == CircuitBreakerStatus.Scope.METHOD)
          .extracting(CircuitBreakerStatus::phase)
          .containsExactly(Phase.OPEN);
    }
  }

  @Test
  void hedgedCallReportsAllAttempts() throws Exception {
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
        RpcChannel channel = channel(server)) {
      String unused =
          ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "warm up");
      heard.outcomes.clear();
      fail(channel, ScriptedServer.say(policy, true));
      assertThat(heard.outcomes).hasSize(1);
      assertThat(heard.outcomes.get(0).attempts())
          .extracting(attempt -> attempt.kind() + " " + attempt.code())
          .containsExactly("the first CANCELLED", "hedge NOT_FOUND");
      assertThat(heard.outcomes.get(0).attempts())
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
            RpcChannel.to(server.target()).observer(broken).observer(heard).build()) {
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), false), "x"))
          .isEqualTo("ok");
      assertThat(heard.codes()).containsExactly(Code.OK);
    }
  }
}
