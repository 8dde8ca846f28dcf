package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.internal.transport.KeepAliveTransportFactory;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One of three real server processes is stopped, not killed, while calls flow. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGSTOP")
class StoppedServerTest {
  private static final int CALLERS = 4;
  private static final int CALLS = 100;
  private static final int STOPPED = 1;

  private static final List<StoppableServer> servers = new ArrayList<>();

  private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);

  @BeforeAll
  static void start() throws Exception {
    for (int i = 0; i < 3; i++) {
      servers.add(StoppableServer.start());
    }
  }

  @AfterEach
  void resume() throws Exception {
    callers.shutdownNow();
    servers.get(STOPPED).resume();
  }

  @AfterAll
  static void end() {
    servers.forEach(StoppableServer::close);
    servers.clear();
  }

  @Test
  void hedgingAnswersEveryIdempotentCallInTime() throws Exception {
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(20))
            .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(100)).build())
            .build();
    try (RpcChannel channel = channel(Map.of()).build()) {
      assertThat(misses(channel, policy)).isZero();
    }
  }

  @Test
  void perAttemptTimeoutAnswersEveryIdempotentCallInTime() throws Exception {
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(20))
            .retry(
                RetryPolicy.builder()
                    .attempts(3)
                    .perAttempt(Duration.ofMillis(500))
                    .backoff(Duration.ofMillis(1))
                    .build())
            .build();
    try (RpcChannel channel = channel(Map.of()).retriesPerSecond(1_000).build()) {
      assertThat(misses(channel, policy)).isZero();
    }
  }

  @Test
  void stockServerIsReplacedAfterFiveTimeouts() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(2)).build();
    try (RpcChannel channel = channel(Map.of()).build()) {
      // Each of the callers may be under way to it when the fifth miss is seen.
      assertThat(misses(channel, policy)).isLessThanOrEqualTo(5 + CALLERS - 1);
    }
  }

  @Test
  void keepAliveServerIsReplacedAfterAnUnansweredPing() throws Exception {
    // The deadline is longer than pings take: only a ping can tell.
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(25)).build();
    try (RpcChannel channel =
        channel(Map.of(KeepAliveTransportFactory.TAG, "100ms"))
            // Long enough for the servers that run to answer on a busy machine.
            .endpointKeepAlive(Duration.ofSeconds(1))
            .connectTimeout(Duration.ofSeconds(2))
            .build()) {
      Misses misses = run(channel, policy);
      assertThat(misses.deadlines).isZero();
      // Calls that were on their way are told that the connection is dead, and so is another one.
      assertThat(misses.told).isLessThanOrEqualTo(CALLERS);
    }
  }

  /** How many calls failed. */
  private record Misses(int deadlines, int told) {}

  private int misses(RpcChannel channel, MethodPolicy policy) throws Exception {
    Misses misses = run(channel, policy);
    assertThat(misses.told).isZero();
    return misses.deadlines;
  }

  private Misses run(RpcChannel channel, MethodPolicy policy) throws Exception {
    MethodContract<StringValue, StringValue> warm =
        ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(30)).build(), true);
    for (int i = 0; i < 300; i++) {
      assertThat(ScriptedServer.call(channel, warm, "warm")).isEqualTo("ok");
    }
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(policy, true);
    String stopped = ":" + servers.get(STOPPED).port();
    AtomicInteger deadlines = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    AtomicInteger made = new AtomicInteger();
    Callable<Boolean> caller =
        () -> {
          while (true) {
            int number = made.incrementAndGet();
            if (number > CALLERS * CALLS) {
              return true;
            }
            if (number == CALLERS * 10) {
              servers.get(STOPPED).stop();
            }
            try {
              assertThat(ScriptedServer.call(channel, say, "hello")).isEqualTo("ok");
            } catch (StatusRuntimeException e) {
              switch (e.getStatus().getCode()) {
                case DEADLINE_EXCEEDED -> {
                  assertThat(e).hasMessageContaining(stopped);
                  deadlines.incrementAndGet();
                }
                case UNAVAILABLE -> {
                  assertThat(e.getStatus().getDescription())
                      .contains("no reply to a keep-alive ping");
                  told.incrementAndGet();
                }
                default -> throw e;
              }
            }
          }
        };
    List<Future<Boolean>> done = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      done.add(callers.submit(caller));
    }
    for (Future<Boolean> one : done) {
      assertThat(one.get(3, TimeUnit.MINUTES)).isTrue();
    }
    return new Misses(deadlines.get(), told.get());
  }

  private RpcChannel.Builder channel(Map<String, String> tags) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (StoppableServer server : servers) {
      Endpoint plain = Endpoint.of("server-" + server.port(), "127.0.0.1", server.port());
      endpoints.add(plain.toBuilder().tags(tags).build());
    }
    return RpcChannel.to("static:///echo")
        .registry(StaticRegistry.of("echo", endpoints.toArray(new Endpoint[0])))
        .balancing(BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")).build());
  }
}
