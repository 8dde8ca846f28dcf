package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class FallbackAndHedgingTest {
  private static final Status DOWN = Status.UNAVAILABLE.withDescription("down");

  private static MethodContract<StringValue, StringValue> hedged(Duration delay, int attempts) {
    return ScriptedServer.say(
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(20))
            .hedging(HedgingPolicy.builder().attempts(attempts).delay(delay).build())
            .build(),
        true);
  }

  @Test
  void fallbackFunctionReplacesAFailure() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(MethodPolicy.empty(), false);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .fallback(
                    say,
                    (request, failure) ->
                        StringValue.of(
                            request.getValue()
                                + " "
                                + failure.code()
                                + " "
                                + EventLoops.onEventLoop()))
                .build()) {
      assertThat(ScriptedServer.call(channel, say, "instead"))
          .isEqualTo("instead UNAVAILABLE false");
      assertThat(channel.fallbacksServed()).isEqualTo(1);
    }
  }

  @Test
  void failsafeGivesTheDefaultMessageAndCountsIt() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().failureMode(FailureMode.FAILSAFE).build();
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(policy, false), "x")).isEmpty();
      assertThat(channel.fallbacksServed()).isEqualTo(1);
    }
  }

  @Test
  void staleResponseIsForTheSameRequestOnly() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(
            MethodPolicy.builder()
                .cache(CachePolicy.builder().staleIfError(Duration.ofHours(1)).build())
                .build(),
            false);
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("good");
          } else {
            call.fail(DOWN);
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(ScriptedServer.call(channel, say, "a")).isEqualTo("good");
      assertThat(ScriptedServer.call(channel, say, "a")).isEqualTo("good");
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, "b"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.seen).hasSize(3);
    }
  }

  @Test
  void hedgeAnswersAndTheSlowAttemptIsCancelled() {
    VirtualServer.Script script =
        (n, call) -> {
          if (n == 2) {
            call.reply("copy");
          }
        };
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve(script);
      VirtualStack.Call call = stack.call(hedged(Duration.ofMillis(20), 2), "x");
      assertThat(call.messages).containsExactly("copy");
      assertThat(call.took()).isEqualTo(Duration.ofMillis(20));
      assertThat(server.seen)
          .extracting(seen -> seen.header("grpc-previous-rpc-attempts"))
          .containsExactly(null, "1");
      stack.clock.runDue();
      assertThat(server.seen).extracting(seen -> seen.cancelled).containsExactly(true, false);
    }
  }

  /** Both answers come at once, and the buffer of the one that loses must be freed all the same. */
  @Test
  void simultaneousHedgeResponsesLeaveNothing() throws Exception {
    AtomicReference<ScriptedServer.Exchange> first = new AtomicReference<>();
    ScriptedServer.Script script =
        (n, call) -> {
          // In one step, as both come on threads of their own.
          if (!first.compareAndSet(null, call)) {
            first.getAndSet(null).reply("first");
            call.reply("copy");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).retriesPerSecond(1_000).build()) {
      for (int i = 0; i < 50; i++) {
        assertThat(ScriptedServer.call(channel, hedged(Duration.ofMillis(1), 2), "x"))
            .isIn("first", "copy");
      }
      assertThat(server.seen).hasSize(100);
    }
  }

  @Test
  void failedHedgeSendsTheNextAtOnce() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> call.fail(DOWN.withDescription("down " + n)));
      VirtualStack.Call call = stack.call(hedged(Duration.ofHours(1), 3), "x");
      assertThat(call.failure()).hasMessage("UNAVAILABLE: down 3");
      assertThat(call.took()).isZero();
      assertThat(server.seen).hasSize(3);
    }
  }

  @Test
  void finalCodeEndsAllHedges() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> call.fail(Status.NOT_FOUND));
      VirtualStack.Call call = stack.call(hedged(Duration.ofHours(1), 3), "x");
      assertThat(call.failure()).hasMessageStartingWith("NOT_FOUND");
      assertThat(call.took()).isZero();
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void livePoliciesApplyToTheNextCall() throws Exception {
    MutablePolicySource live = new MutablePolicySource();
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(MethodPolicy.empty(), true);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = RpcChannel.to(server.target()).livePolicies(live).build()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, "x"))
          .hasMessage("UNAVAILABLE: down");
      assertThat(server.seen).hasSize(1);
      live.set(
          say.fullName(),
          MethodPolicy.builder()
              .retry(RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
              .build());
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, "x"))
          .hasMessage("UNAVAILABLE: down");
      assertThat(server.seen).hasSize(3);
      live.remove(say.fullName());
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, "x"))
          .hasMessage("UNAVAILABLE: down");
      assertThat(server.seen).hasSize(4);
    }
  }
}
