package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One server gets several times the calls that it can serve. */
@Timeout(120)
class OverloadTest {
  private static final int CALLERS = 64;
  private static final int CALLS = 1_600;

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  /** Serves four calls at a time, each for 10 ms. */
  private static final class Narrow implements Echo {
    private final Semaphore four = new Semaphore(4);

    @Override
    public StringValue say(StringValue request) {
      four.acquireUninterruptibly();
      try {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        return request;
      } finally {
        four.release();
      }
    }
  }

  private static Map<Status.Code, Integer> flood(RpcServer server) throws Exception {
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofMillis(300))
            .retry(
                RetryPolicy.builder()
                    .attempts(3)
                    .perAttempt(Duration.ofMillis(100))
                    .unsafe(true)
                    .build())
            .breaker(CircuitBreakerPolicy.off())
            .endpointBreaker(CircuitBreakerPolicy.off())
            .build();
    Map<Status.Code, Integer> ends = new EnumMap<>(Status.Code.class);
    AtomicInteger begun = new AtomicInteger();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (RpcChannel channel =
        RpcChannel.to("127.0.0.1:" + server.port())
            .service(EchoRpc.service())
            .policy(EchoRpc.SAY.fullName(), policy)
            .build()) {
      assertThat(channel.awaitReady(Duration.ofSeconds(30))).isTrue();
      Echo echo = EchoRpc.client(channel);
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        all.add(
            callers.submit(
                () -> {
                  while (begun.getAndIncrement() < CALLS) {
                    Status.Code end = end(echo);
                    synchronized (ends) {
                      ends.merge(end, 1, Integer::sum);
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(100, TimeUnit.SECONDS);
      }
    } finally {
      callers.shutdownNow();
    }
    return ends;
  }

  private static Status.Code end(Echo echo) {
    try {
      echo.say(EchoLoopback.text("x"));
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void overloadWithoutALimitIsNotMadeAnOutageByTheClient() throws Exception {
    Map<Status.Code, Integer> ends = flood(running.start(serving()));
    assertThat(ends).doesNotContainKey(Status.Code.UNAVAILABLE).containsKey(Status.Code.OK);
  }

  @Test
  void overloadWithTheAdaptiveLimitIsShed() throws Exception {
    Map<Status.Code, Integer> ends =
        flood(
            running.start(
                serving().limits(limits -> limits.adaptiveLimit(AdaptiveLimitPolicy.standard()))));
    assertThat(ends)
        .doesNotContainKey(Status.Code.UNAVAILABLE)
        .containsKeys(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
  }

  private static RpcServer.Builder serving() {
    return RpcServer.builder("echo").host("127.0.0.1").port(0).service(EchoRpc.bind(new Narrow()));
  }
}
