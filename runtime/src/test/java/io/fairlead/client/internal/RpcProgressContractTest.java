package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.MethodPolicy;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Pins what grpc-java lets out about requests that a server did not look at. The method is not
 * idempotent: a wrong answer here would execute it twice.
 */
class RpcProgressContractTest {
  private static List<AttemptOutcome> attempts(FrameServer server) {
    // Without the watch on health, whose stream the server would take for the request.
    BalancingOptions options = BalancingOptions.builder().withoutHealth().build();
    try (RpcChannel channel =
        RpcChannel.to(server.target())
            .balancing(options)
            .shutdownGracePeriod(Duration.ZERO)
            .build()) {
      MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build();
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> ScriptedServer.call(channel, ScriptedServer.say(policy, false), "once"));
      return CallExplanation.of(failure).orElseThrow().outcome().attempts();
    }
  }

  @Test
  void refusedStreamIsResentUpToTheLimit() throws Exception {
    try (FrameServer server =
        FrameServer.start((stream, wire) -> wire.reset(stream, FrameServer.REFUSED_STREAM))) {
      List<AttemptOutcome> attempts = attempts(server);

      assertThat(attempts).hasSize(1 + AttemptStrategy.MAX_RESENDS);
      assertThat(attempts).extracting(AttemptOutcome::progress).containsOnly(RpcProgress.REFUSED);
      assertThat(server.requests).hasValue(attempts.size());
    }
  }

  @Test
  void streamBeyondTheGoAwayLastIdIsResent() throws Exception {
    try (FrameServer server =
        FrameServer.start((stream, wire) -> wire.goAway(0, FrameServer.NO_ERROR))) {
      assertThat(attempts(server).get(0).progress()).isEqualTo(RpcProgress.REFUSED);
    }
  }

  @Test
  void goAwayThatCoversTheStreamIsNotARefusal() throws Exception {
    try (FrameServer server =
        FrameServer.start(
            (stream, wire) -> {
              wire.goAway(stream, FrameServer.NO_ERROR);
              wire.cut();
            })) {
      List<AttemptOutcome> attempts = attempts(server);

      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).progress()).isEqualTo(RpcProgress.SENT);
    }
  }

  @Test
  void goAwayWithAnErrorIsNotARefusal() throws Exception {
    try (FrameServer server =
        FrameServer.start((stream, wire) -> wire.goAway(0, FrameServer.ENHANCE_YOUR_CALM))) {
      List<AttemptOutcome> attempts = attempts(server);

      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).progress()).isEqualTo(RpcProgress.SENT);
    }
  }

  @Test
  void resetWithAnotherCodeIsNotARefusal() throws Exception {
    try (FrameServer server = FrameServer.start((stream, wire) -> wire.reset(stream, 8))) {
      List<AttemptOutcome> attempts = attempts(server);

      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).progress()).isEqualTo(RpcProgress.SENT);
    }
  }

  @Test
  void cutSocketAfterTheRequestIsNotARefusal() throws Exception {
    try (FrameServer server = FrameServer.start((stream, wire) -> wire.cut())) {
      List<AttemptOutcome> attempts = attempts(server);

      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).progress()).isEqualTo(RpcProgress.SENT);
      assertThat(server.requests).hasValue(1);
    }
  }
}
