package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A service with one endpoint, which stands still for a while. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGSTOP")
@Timeout(120)
class LoneEndpointTest {
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMillis(200)).build(), true);

  @Test
  void aPausedLoneEndpointCostsNothingButDeadlinesAndIsBackAtOnce() throws Exception {
    try (StoppableServer server = StoppableServer.start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      MethodContract<StringValue, StringValue> patient =
          ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(30)).build(), true);
      assertThat(ScriptedServer.call(channel, patient, "warm")).isEqualTo("ok");

      server.stop();
      Status.Code first = end(channel);
      while (first == Status.Code.OK) {
        first = end(channel); // a signal takes its time
      }
      List<Status.Code> ends = new ArrayList<>(List.of(first));
      for (int i = 0; i < 11; i++) {
        ends.add(end(channel));
      }
      server.resume();

      assertThat(ends).containsOnly(Status.Code.DEADLINE_EXCEEDED);
      // A new connection, with its backoff, would take longer.
      MethodContract<StringValue, StringValue> soon =
          ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(3)).build(), true);
      assertThat(ScriptedServer.call(channel, soon, "back")).isEqualTo("ok");
    }
  }

  private static Status.Code end(RpcChannel channel) {
    try {
      ScriptedServer.call(channel, SAY, "x");
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }
}
