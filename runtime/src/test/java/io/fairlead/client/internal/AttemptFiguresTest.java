package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What observers learn of single attempts: their beginning, and the bytes of their messages. */
class AttemptFiguresTest {
  private final Queue<String> started = new ConcurrentLinkedQueue<>();
  private final Queue<CallOutcome> ended = new ConcurrentLinkedQueue<>();

  private final class Recorder implements CallObserver {
    @Override
    public void attemptStarted(String method, String target) {
      started.add(method + " " + target);
    }

    @Override
    public void callEnded(CallOutcome outcome) {
      ended.add(outcome);
    }
  }

  private static MethodContract<StringValue, StringValue> say() {
    return ScriptedServer.say(
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(30))
            .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build())
            .build(),
        true);
  }

  @Test
  void anAttemptIsToldWhenItBeginsAndNotWhenItsCallEnds() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          // Told before the server sees it.
          assertThat(started).hasSize(n);
          if (n == 1) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("ok");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).observer(new Recorder()).build()) {
      assertThat(ScriptedServer.call(channel, say(), "x")).isEqualTo("ok");
      String one = "test.Echo/Say " + server.target();
      assertThat(started).containsExactly(one, one);
    }
  }

  @Test
  void eachAttemptSaysTheSizeOfItsMessages() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.fail(Status.UNAVAILABLE);
          } else {
            call.reply("12345678");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).observer(new Recorder()).build()) {
      ScriptedServer.call(channel, say(), "1234");
      List<AttemptOutcome> attempts = ended.remove().attempts();
      long request = StringValue.of("1234").getSerializedSize();
      long response = StringValue.of("12345678").getSerializedSize();
      assertThat(attempts).extracting(AttemptOutcome::sentBytes).containsExactly(request, request);
      assertThat(attempts).extracting(AttemptOutcome::receivedBytes).containsExactly(0L, response);
    }
  }
}
