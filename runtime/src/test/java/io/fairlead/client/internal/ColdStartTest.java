package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.ConnectivityState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first calls of a client, which come before its connections. */
@Timeout(60)
class ColdStartTest {
  private static MethodPolicy limited(Duration perAttempt) {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(50))
        .retry(
            RetryPolicy.builder()
                .attempts(3)
                .perAttempt(perAttempt)
                .backoff(Duration.ofMillis(1))
                .build())
        .build();
  }

  /** Says nothing until a test lets it. */
  private static final class LateRegistry implements Registry {
    private final CompletableFuture<Consumer<? super Resolution>> observer =
        new CompletableFuture<>();

    void answer(Endpoint endpoint) throws Exception {
      observer
          .get(30, TimeUnit.SECONDS)
          .accept(
              new Resolution.Bound(
                  new EndpointSnapshot("echo", 1, List.of(endpoint)),
                  Resolution.Freshness.CURRENT));
    }

    @Override
    public Registration register(String service, Endpoint endpoint) {
      throw new UnsupportedOperationException("answer instead");
    }

    @Override
    public Watch watch(String service, Consumer<? super Resolution> told) {
      told.accept(new Resolution.Pending());
      observer.complete(told);
      return () -> {};
    }

    @Override
    public CompletionStage<List<String>> services() {
      return CompletableFuture.completedFuture(List.of("echo"));
    }

    @Override
    public void close() {}
  }

  @Test
  void theFirstCallIsNotLostWhileItsClientConnects() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(limited(Duration.ofMillis(20)), true);
    LateRegistry late = new LateRegistry();
    try (VirtualStack stack = new VirtualStack(config -> config.registry = late)) {
      VirtualServer server = stack.serve((n, call) -> call.reply("ok"));
      VirtualStack.Call call = stack.begin(say, "hello");
      // Three attempts of 20 ms would long be over.
      stack.clock.advance(Duration.ofSeconds(40));
      assertThat(call.over()).isFalse();
      late.answer(Endpoint.of("one", "127.0.0.1", server.port()));
      assertThat(call.untilItEnds().messages).containsExactly("ok");
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void aProgramCanWaitForItsConnections() throws Exception {
    LateRegistry registry = new LateRegistry();
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = RpcChannel.to("memory:///echo").registry(registry).build()) {
      assertThat(channel.awaitReady(Duration.ZERO)).isFalse();
      registry.answer(Endpoint.of("one", "127.0.0.1", server.port()));
      assertThat(channel.awaitReady(Duration.ofSeconds(30))).isTrue();
      assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
    }
  }

  @Test
  void anAttemptsTimeBeginsWhenAConnectionTakesIt() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(limited(Duration.ofSeconds(5)), true);
    LateRegistry late = new LateRegistry();
    VirtualServer.Script script =
        (n, call) -> {
          if (n == 2) {
            call.reply("attempt " + n);
          }
        };
    try (VirtualStack stack = new VirtualStack(config -> config.registry = late)) {
      VirtualServer server = stack.serve(script);
      VirtualStack.Call call = stack.begin(say, "hello");
      stack.clock.advance(Duration.ofSeconds(7));
      late.answer(Endpoint.of("one", "127.0.0.1", server.port()));
      assertThat(call.untilItEnds().messages).containsExactly("attempt 2");
      assertThat(call.took()).isEqualTo(Duration.ofSeconds(7 + 5).plusMillis(1));
    }
  }
}
