package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that restart in turn under load, in good order: nobody notices. */
class RestartTest {
  private static final int SERVERS = 3;
  private static final int RESTARTS_EACH = 10;
  private static final int CALLERS = 4;
  private static final int CALLS_BETWEEN = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final MethodDescriptor<String, String> SAY_AGAIN =
      EchoMethod.SAY.toBuilder().setIdempotent(true).build();

  /** Of all methods, so it holds for those that may be repeated. */
  private static final MethodPolicy RETRY =
      MethodPolicy.builder().retry(RetryPolicy.builder().build()).build();

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final AtomicIntegerArray served = new AtomicIntegerArray(SERVERS);
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Set<String> once = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean stop = new AtomicBoolean();

  /** Without any wait for the news to spread, only GOAWAY stands between a call and its loss. */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(longs = {0, 100})
  void rollingRestartFailsNoCall(long propagationMillis) throws Exception {
    List<RpcServer> servers = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      servers.add(start(i, propagationMillis));
    }
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (RpcChannel channel =
        RpcChannel.to("memory:///echo").registry(registry).policy("*", RETRY).build()) {
      for (int i = 0; i < CALLERS; i++) {
        // Half of them know that they may be repeated; of the others nothing but a call that never
        // left may be sent again.
        String name = i % 2 == 0 ? "once-" + i : "again-" + i;
        MethodDescriptor<String, String> method = i % 2 == 0 ? EchoMethod.SAY : SAY_AGAIN;
        callers.execute(() -> load(channel, method, name));
      }
      for (int round = 0; round < RESTARTS_EACH; round++) {
        for (int i = 0; i < SERVERS; i++) {
          awaitCalls(i);
          servers.get(i).close();
          servers.set(i, start(i, propagationMillis));
        }
      }
      stop.set(true);
      callers.shutdown();
      assertThat(callers.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      stop.set(true);
      callers.shutdownNow();
      servers.forEach(RpcServer::close);
    }
    assertThat(failures).isEmpty();
  }

  private RpcServer start(int number, long propagationMillis) {
    return RpcServer.builder("echo")
        .service(
            EchoMethod.serving(
                text -> {
                  served.incrementAndGet(number);
                  if (text.startsWith("once") && !once.add(text)) {
                    failures.add(new AssertionError(text + " was served twice"));
                  }
                  return text;
                }))
        .registry(registry)
        .host("127.0.0.1")
        .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ofMillis(propagationMillis)))
        .start();
  }

  private void load(RpcChannel channel, MethodDescriptor<String, String> method, String name) {
    for (long call = 0; !stop.get(); call++) {
      String text = name + "-" + call;
      try {
        assertThat(ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, text))
            .isEqualTo(text);
      } catch (RuntimeException | AssertionError e) {
        failures.add(e);
      }
    }
  }

  /** The server takes part in the load. */
  private void awaitCalls(int number) {
    int wanted = served.get(number) + CALLS_BETWEEN;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (served.get(number) < wanted) {
      assertThat(failures).isEmpty();
      assertThat(System.nanoTime() - end).as("server %s takes no calls", number).isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }
}
