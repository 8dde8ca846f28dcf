package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A failure names the deadline that decided, and where the call went. */
@Timeout(60)
class DecisiveDeadlineTest {
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build(), true);
  private static final MethodContract<StringValue, StringValue> WARM =
      ScriptedServer.say(MethodPolicy.empty(), true);

  /** Makes a call that is never answered. */
  private interface Caller {
    void call(Channel channel) throws Exception;
  }

  private static String failure(Caller caller) throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("warm");
          }
        };
    BalancingOptions options = BalancingOptions.builder().withoutHealth().build();
    try (ScriptedServer server = ScriptedServer.start(script);
        InMemoryRegistry registry = new InMemoryRegistry()) {
      registry.register("echo", Endpoint.of("echo-7", "127.0.0.1", server.port()));
      try (RpcChannel channel =
          RpcChannel.to("memory:///echo").registry(registry).balancing(options).build()) {
        assertThat(ScriptedServer.call(channel, WARM, "x")).isEqualTo("warm");
        StatusRuntimeException failure =
            catchThrowableOfType(StatusRuntimeException.class, () -> caller.call(channel));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        String all = failure.getMessage() + "\n" + CallExplanation.of(failure).orElseThrow().text();
        assertThat(all)
            .contains("echo-7 (127.0.0.1:" + server.port() + ")")
            .doesNotContain("CallOptions", "Context", "Name resolution");
        return all;
      }
    }
  }

  private static void call(
      Channel channel, MethodContract<StringValue, StringValue> say, CallOptions options) {
    ClientCalls.blockingUnaryCall(channel, say.descriptor(), options, StringValue.of("x"));
  }

  @Test
  void theSettingsOfTheCallAreNamed() throws Exception {
    CallSettings settings = CallSettings.builder().deadline(Duration.ofMillis(250)).build();
    assertThat(failure(channel -> ScriptedServer.call(settings.over(channel), SAY, "x")))
        .contains(
            "no response within 250ms (deadline, this call's settings); test.Echo/Say failed after",
            " of 250ms (this call's settings)")
        .doesNotContain("of 20s");
  }

  @Test
  void theOptionsOfTheCallerAreNamed() throws Exception {
    assertThat(
            failure(
                channel ->
                    call(
                        channel,
                        SAY,
                        CallOptions.DEFAULT.withDeadlineAfter(250, TimeUnit.MILLISECONDS))))
        .contains("ms (deadline, the caller's options)")
        .doesNotContain("of 20s");
  }

  @Test
  void theInboundCallIsNamed() throws Exception {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (Context.CancellableContext inbound =
        Context.current().withDeadlineAfter(5, TimeUnit.SECONDS, timer)) {
      assertThat(failure(channel -> inbound.run(() -> call(channel, SAY, CallOptions.DEFAULT))))
          .contains("s (deadline, the call that is being served)")
          .doesNotContain("of 20s");
    } finally {
      timer.shutdownNow();
    }
  }

  @Test
  void theContractIsNamedWhereItDecides() throws Exception {
    MethodContract<StringValue, StringValue> strict =
        ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMillis(250)).build(), true);
    CallOptions later = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    assertThat(failure(channel -> call(channel, strict, later)))
        .contains("no response within 250ms (deadline, contract)");
  }
}
