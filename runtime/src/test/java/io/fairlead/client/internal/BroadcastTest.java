package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls to every endpoint, and calls to one that the caller names. */
class BroadcastTest {
  private static final MethodContract<StringValue, StringValue> EVERYONE =
      ScriptedServer.say(
          MethodPolicy.builder()
              .deadline(Duration.ofMinutes(1))
              .failureMode(FailureMode.BROADCAST)
              .build(),
          false);
  private static final MethodContract<StringValue, StringValue> ONE =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMinutes(1)).build(), false);

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<ScriptedServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(ScriptedServer::close);
    registry.close();
  }

  private ScriptedServer peer(ScriptedServer.Script script) throws Exception {
    ScriptedServer server = ScriptedServer.start(script);
    servers.add(server);
    registry.register("echo", Endpoint.of("i" + servers.size(), "127.0.0.1", server.port()));
    return server;
  }

  private RpcChannel channel() {
    return RpcChannel.to("memory:///echo").registry(registry).build();
  }

  private static ScriptedServer.Script replying(String text) {
    return (n, call) -> call.reply(text);
  }

  @Test
  void everyEndpointGetsTheCallOnce() throws Exception {
    for (String name : List.of("a", "b", "c")) {
      peer(replying(name));
    }
    try (RpcChannel channel = channel()) {
      // The first call finds no connection at all yet, and waits for every one.
      for (int round = 1; round <= 3; round++) {
        assertThat(ScriptedServer.call(channel, EVERYONE, "x")).isIn("a", "b", "c");
        int calls = round;
        assertThat(servers).allSatisfy(server -> assertThat(server.seen).hasSize(calls));
      }
    }
  }

  @Test
  void oneFailureFailsTheBroadcastAndNamesTheEndpoint() throws Exception {
    peer(replying("a"));
    ScriptedServer bad = peer((n, call) -> call.fail(Status.INTERNAL.withDescription("disk full")));
    peer(replying("c"));
    try (RpcChannel channel = channel()) {
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> ScriptedServer.call(channel, EVERYONE, "x"));
      assertThat(failure)
          .hasMessageStartingWith(
              "INTERNAL: 1 of 3 endpoints failed: i2 (127.0.0.1:"
                  + bad.port()
                  + ") INTERNAL (disk full); ");
      assertThat(CallExplanation.of(failure).orElseThrow().outcome().attempts())
          .extracting(AttemptOutcome::endpoint)
          .containsExactlyInAnyOrderElementsOf(
              servers.stream().map(ScriptedServer::target).toList());
      assertThat(servers).allSatisfy(server -> assertThat(server.seen).hasSize(1));
    }
  }

  @Test
  void unreachableEndpointFailsTheBroadcast() throws Exception {
    peer(replying("a"));
    ScriptedServer dead = peer(replying("b"));
    dead.close();
    try (RpcChannel channel = channel()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, EVERYONE, "x"))
          .hasMessageStartingWith("UNAVAILABLE: 1 of 2 endpoints failed: ")
          .hasMessageContaining("endpoint i2, asked for by name, is not connected");
      assertThat(servers.get(0).seen).hasSize(1);
    }
  }

  @Test
  void broadcastWithoutEndpointsFails() {
    registry.register("echo", Endpoint.of("gone", "127.0.0.1", 1)).close();
    try (RpcChannel channel = channel()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, EVERYONE, "x"))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
          .hasMessageContaining("echo");
    }
  }

  @Test
  void deadlineEndsTheBroadcastForSlowEndpoints() {
    MethodContract<StringValue, StringValue> brief =
        ScriptedServer.say(
            MethodPolicy.builder()
                .deadline(Duration.ofSeconds(4))
                .failureMode(FailureMode.BROADCAST)
                .build(),
            false);
    try (VirtualStack stack = new VirtualStack()) {
      stack.serve((n, call) -> call.reply("a"));
      VirtualServer slow = stack.serve((n, call) -> {});
      VirtualStack.Call call = stack.call(brief, "x");
      assertThat(call.took()).isEqualTo(Duration.ofSeconds(4));
      assertThat(call.failure())
          .hasMessageStartingWith("DEADLINE_EXCEEDED: 1 of 2 endpoints failed: ")
          .hasMessageContaining(slow.target());
      assertThat(stack.servers).allSatisfy(server -> assertThat(server.seen).hasSize(1));
      assertThat(slow.seen.get(0).cancelled).isTrue();
    }
  }

  @Test
  void endpointThatLeavesTheListDuringABroadcastDoesNotSendItsCallToAnother() {
    try (VirtualStack stack = new VirtualStack()) {
      stack.network.silence(9);
      Registration leaving = stack.register("a", 9);
      VirtualServer other = stack.serve((n, call) -> call.reply("once"));
      VirtualStack.Call call = stack.begin(EVERYONE, "x");
      assertThat(other.seen).hasSize(1);
      leaving.close();
      stack.clock.runDue();
      assertThat(other.seen).hasSize(1);
      assertThat(call.failure())
          .hasMessageStartingWith("UNAVAILABLE: 1 of 2 endpoints failed: ")
          .hasMessageContaining("endpoint a, asked for by name, is not in the list");
    }
  }

  @Test
  void callerMayNameTheEndpoint() throws Exception {
    peer(replying("a"));
    ScriptedServer wanted = peer(replying("b"));
    peer(replying("c"));
    try (RpcChannel channel = channel()) {
      for (String name : List.of(wanted.target(), "i2")) {
        CallSettings settings = CallSettings.builder().endpoint(name).build();
        for (int i = 0; i < 5; i++) {
          assertThat(ScriptedServer.call(settings.over(channel), ONE, "x")).isEqualTo("b");
        }
      }
      CallSettings nobody = CallSettings.builder().endpoint("127.0.0.1:1").build();
      assertThatThrownBy(() -> ScriptedServer.call(nobody.over(channel), ONE, "x"))
          .hasMessageStartingWith(
              "UNAVAILABLE: endpoint 127.0.0.1:1, asked for by name, is not in the list");
    }
  }
}
