package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.StaleIfErrorPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RescueAndHedgeTest {
  private static final Status DOWN = Status.UNAVAILABLE.withDescription("down");

  private static MethodContract<StringValue, StringValue> hedged(String delay, int copies) {
    return Peer.say(
        MethodPolicy.builder()
            .deadline("20s")
            .hedging(HedgingPolicy.builder().attempts(copies).delay(delay).build())
            .build(),
        true);
  }

  @Test
  void aFunctionAnswersInPlaceOfAFailure() throws Exception {
    MethodContract<StringValue, StringValue> say = Peer.say(MethodPolicy.empty(), false);
    try (Peer peer = Peer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel =
            RpcChannel.to(peer.target())
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
      assertThat(Peer.call(channel, say, "instead")).isEqualTo("instead UNAVAILABLE false");
      assertThat(channel.rescued()).isEqualTo(1);
    }
  }

  @Test
  void failsafeGivesTheDefaultMessageAndCountsIt() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().failureMode(FailureMode.FAILSAFE).build();
    try (Peer peer = Peer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, Peer.say(policy, false), "x")).isEmpty();
      assertThat(channel.rescued()).isEqualTo(1);
    }
  }

  @Test
  void theLastGoodAnswerIsForTheSameRequestOnly() throws Exception {
    MethodContract<StringValue, StringValue> say =
        Peer.say(
            MethodPolicy.builder().staleIfError(StaleIfErrorPolicy.of("1h", 10)).build(), false);
    Peer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("good");
          } else {
            call.fail(DOWN);
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, say, "a")).isEqualTo("good");
      assertThat(Peer.call(channel, say, "a")).isEqualTo("good");
      assertThatThrownBy(() -> Peer.call(channel, say, "b"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(peer.seen).hasSize(3);
    }
  }

  @Test
  void aCopyAnswersForASlowCallWhichIsCancelled() throws Exception {
    Peer.Script script =
        (n, call) -> {
          if (n == 2) {
            call.reply("copy");
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, hedged("20ms", 2), "x")).isEqualTo("copy");
      // In any order: the first connection may take longer than the copy's delay.
      assertThat(peer.seen)
          .extracting(seen -> seen.header("grpc-previous-rpc-attempts"))
          .containsExactlyInAnyOrder(null, "1");
      assertThat(peer.seen.get(0).ended.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Both answers come at once, and the buffer of the one that loses must be freed all the same. */
  @Test
  void copiesThatAnswerAtTheSameTimeLeaveNothingBehind() throws Exception {
    AtomicReference<Peer.Exchange> first = new AtomicReference<>();
    Peer.Script script =
        (n, call) -> {
          // In one step, as both come on threads of their own.
          if (!first.compareAndSet(null, call)) {
            first.getAndSet(null).reply("first");
            call.reply("copy");
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).retriesPerSecond(1_000).build()) {
      for (int i = 0; i < 50; i++) {
        assertThat(Peer.call(channel, hedged("1ms", 2), "x")).isIn("first", "copy");
      }
      assertThat(peer.seen).hasSize(100);
    }
  }

  @Test
  void aFailedCopyBringsTheNextForwardAndTheLastFailureIsTheCallers() throws Exception {
    try (Peer peer = Peer.start((n, call) -> call.fail(DOWN.withDescription("down " + n)));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThatThrownBy(() -> Peer.call(channel, hedged("1h", 3), "x"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessage("UNAVAILABLE: down 3");
      assertThat(peer.seen).hasSize(3);
    }
  }

  @Test
  void aFinalCodeEndsAllCopies() throws Exception {
    try (Peer peer = Peer.start((n, call) -> call.fail(Status.NOT_FOUND));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThatThrownBy(() -> Peer.call(channel, hedged("1h", 3), "x"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("NOT_FOUND");
      assertThat(peer.seen).hasSize(1);
    }
  }

  @Test
  void livePoliciesHoldForTheNextCall() throws Exception {
    MutablePolicySource live = new MutablePolicySource();
    MethodContract<StringValue, StringValue> say = Peer.say(MethodPolicy.empty(), true);
    try (Peer peer = Peer.start((n, call) -> call.fail(DOWN));
        RpcChannel channel = RpcChannel.to(peer.target()).livePolicies(live).build()) {
      assertThatThrownBy(() -> Peer.call(channel, say, "x")).hasMessage("UNAVAILABLE: down");
      assertThat(peer.seen).hasSize(1);
      live.set(
          say.fullName(),
          MethodPolicy.builder()
              .retry(RetryPolicy.builder().attempts(2).backoff("1ms").build())
              .build());
      assertThatThrownBy(() -> Peer.call(channel, say, "x")).hasMessage("UNAVAILABLE: down");
      assertThat(peer.seen).hasSize(3);
      live.remove(say.fullName());
      assertThatThrownBy(() -> Peer.call(channel, say, "x")).hasMessage("UNAVAILABLE: down");
      assertThat(peer.seen).hasSize(4);
    }
  }
}
