package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.fairlead.testkit.ManualClock;
import io.fairlead.testkit.ManualScheduler;
import io.grpc.ConnectivityState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    LateRegistry registry = new LateRegistry();
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        OpenStack stack = new OpenStack("memory:///echo", config -> config.registry = registry)) {
      CompletableFuture<String> call =
          CompletableFuture.supplyAsync(() -> ScriptedServer.call(stack, say, "hello"));
      // Three attempts of 20 ms would long be over.
      assertThatThrownBy(() -> call.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
      registry.answer(Endpoint.of("one", "127.0.0.1", server.port()));
      assertThat(call.get(30, TimeUnit.SECONDS)).isEqualTo("ok");
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
    ManualClock clock = ManualClock.create();
    ManualScheduler scheduler = clock.scheduler();
    CompletableFuture<String> arrived = new CompletableFuture<>();
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            arrived.complete("first");
          } else {
            call.reply("attempt " + n);
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        OpenStack stack =
            new OpenStack(
                server.target(),
                config -> {
                  config.scheduler = scheduler;
                  config.nanoTime = clock::nanoTime;
                })) {
      CompletableFuture<String> call =
          CompletableFuture.supplyAsync(() -> ScriptedServer.call(stack, say, "hello"));
      arrived.get(30, TimeUnit.SECONDS);
      assertThat(scheduler.pendingDelays()).containsExactly(Duration.ofSeconds(5));

      clock.advance(Duration.ofSeconds(5));
      while (!scheduler.pendingDelays().equals(List.of(Duration.ofMillis(1)))) {
        Thread.onSpinWait(); // until the backoff has begun
      }
      clock.advance(Duration.ofMillis(1));
      assertThat(call.get(30, TimeUnit.SECONDS)).isEqualTo("attempt 2");
      assertThat(scheduler.pendingTasks()).as("the answer ended the second one's").isZero();
    }
  }
}
