package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.FaultyProxy.Direction;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Unary calls over connections that are cut at every byte. Whatever happens, a method that is not
 * idempotent runs once at most, and one that is gets its answer.
 */
@Timeout(300)
class CutConnectionTest {
  /** More than a small call takes in either direction, on a connection that has been used. */
  private static final int BYTES = 90;

  private static final MethodPolicy PLAIN = policy().build();
  private static final MethodContract<StringValue, StringValue> ONCE =
      ScriptedServer.say(PLAIN, false);
  private static final MethodContract<StringValue, StringValue> AGAIN =
      ScriptedServer.say(policy().retry(retry()).build(), true);

  @SuppressWarnings("NullAway.Init") // opened before each test
  private ScriptedServer server;

  @SuppressWarnings("NullAway.Init") // as above
  private FaultyProxy proxy;

  private final Queue<CallOutcome> outcomes = new ConcurrentLinkedQueue<>();

  private static MethodPolicy.Builder policy() {
    // Without breakers, which would rightly stop such a series of failures.
    return MethodPolicy.builder()
        .deadline(Duration.ofMinutes(1))
        .breaker(CircuitBreakerPolicy.off())
        .endpointBreaker(CircuitBreakerPolicy.off());
  }

  private static RetryPolicy retry() {
    return RetryPolicy.builder().attempts(4).backoff(Duration.ofMillis(1)).build();
  }

  @BeforeEach
  void open() throws Exception {
    server = ScriptedServer.start((n, call) -> call.reply("ok"));
    proxy = FaultyProxy.to("127.0.0.1", server.port());
  }

  @AfterEach
  void close() {
    proxy.close();
    server.close();
  }

  private RpcChannel channel() {
    return RpcChannel.to(proxy.authority())
        // Nothing but the calls shall send bytes.
        .balancing(BalancingOptions.builder().withoutHealth().build())
        .retriesPerSecond(1_000)
        .observer(outcomes::add)
        .build();
  }

  private static @Nullable StatusRuntimeException call(
      Channel channel, MethodContract<StringValue, StringValue> say, String text) {
    try {
      assertThat(ScriptedServer.call(channel, say, text)).isEqualTo("ok");
      return null;
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  private long executed(String text) {
    return server.seen.stream().filter(call -> call.request.equals(text)).count();
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void cutCallRunsAtMostOnceAndOnceIfAnswered(Direction direction) {
    int failures = 0;
    try (RpcChannel channel = channel()) {
      for (int bytes = 1; bytes <= BYTES; bytes++) {
        assertThat(call(channel, AGAIN, "warm up")).isNull();
        String text = direction + " " + bytes;
        proxy.cutAfter(direction, bytes);
        StatusRuntimeException failure = call(channel, ONCE, text);
        proxy.heal();
        if (failure == null) {
          assertThat(executed(text)).as(text).isEqualTo(1);
        } else {
          failures++;
          assertThat(executed(text)).as(text).isLessThanOrEqualTo(1);
          assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
          assertOnlyUnsentWereRepeated(CallExplanation.of(failure).orElseThrow().outcome());
        }
      }
      outcomes.forEach(CutConnectionTest::assertOnlyUnsentWereRepeated);
    }
    assertThat(failures).isPositive();
  }

  private static void assertOnlyUnsentWereRepeated(CallOutcome outcome) {
    List<AttemptOutcome> attempts = outcome.attempts();
    for (int i = 1; i < attempts.size(); i++) {
      if (attempts.get(i).kind() == AttemptOutcome.Kind.RESEND) {
        assertThat(attempts.get(i - 1).progress())
            .as("%s", outcome)
            .isIn(RpcProgress.NOT_SENT, RpcProgress.REFUSED);
      } else {
        assertThat(outcome.policy().retry()).as("%s", outcome).isPresent();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void idempotentCallSurvivesACutAtAnyByte(Direction direction) {
    try (RpcChannel channel = channel()) {
      for (int bytes = 1; bytes <= BYTES; bytes++) {
        assertThat(call(channel, AGAIN, "warm up")).isNull();
        String text = direction + " " + bytes;
        proxy.cutAfter(direction, bytes);
        assertThat(call(channel, AGAIN, text)).as(text).isNull();
        proxy.heal();
        assertThat(executed(text)).as(text).isBetween(1L, 2L);
      }
    }
    assertThat(outcomes).anySatisfy(outcome -> assertThat(outcome.attempts()).hasSize(2));
  }

  @Test
  void aRefusedConnectionMeansThatNothingWasSent() throws Exception {
    try (RpcChannel channel = channel()) {
      assertThat(call(channel, ONCE, "warm up")).isNull();
      proxy.refuse();
      proxy.cut();
      StatusRuntimeException failure = null;
      // The first call may still find the connection that was cut a moment ago.
      for (int i = 0; i < 100 && !isUnconnected(failure); i++) {
        failure = call(channel, ONCE, "refused " + i);
        assertThat(executed("refused " + i)).isZero();
      }
      assertThat(isUnconnected(failure)).isTrue();

      MethodPolicy patient = policy().waitForReady(true).build();
      CountDownLatch answered = new CountDownLatch(1);
      Thread waiting =
          new Thread(
              () -> {
                if (call(channel, ScriptedServer.say(patient, false), "patient") == null) {
                  answered.countDown();
                }
              });
      waiting.start();
      proxy.accept();
      assertThat(answered.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(executed("patient")).isEqualTo(1);
      waiting.join();
    }
  }

  private static boolean isUnconnected(@Nullable StatusRuntimeException failure) {
    return failure != null
        && CallExplanation.of(failure).orElseThrow().outcome().attempts().stream()
            .allMatch(attempt -> attempt.progress() == RpcProgress.NOT_CONNECTED);
  }

  @Test
  void manyCutCallsEachRunAtMostOnce() throws Exception {
    int callers = 4;
    int cuts = 25;
    AtomicInteger number = new AtomicInteger();
    Queue<String> answered = new ConcurrentLinkedQueue<>();
    CountDownLatch over = new CountDownLatch(callers);
    List<Thread> threads = new ArrayList<>();
    try (RpcChannel channel = channel()) {
      for (int i = 0; i < callers; i++) {
        Thread thread =
            new Thread(
                () -> {
                  while (proxy.accepted() <= cuts) {
                    String text = "call " + number.incrementAndGet();
                    if (call(channel, ONCE, text) == null) {
                      answered.add(text);
                    }
                  }
                  over.countDown();
                });
        threads.add(thread);
        thread.start();
      }
      for (int cut = 1; cut <= cuts; cut++) {
        proxy.awaitAccepted(cut, java.time.Duration.ofSeconds(60));
        // In the middle of whatever is on its way.
        proxy.cutAfter(cut % 2 == 0 ? Direction.TO_SERVER : Direction.TO_CLIENT, 200 + 37L * cut);
        proxy.awaitAccepted(cut + 1, java.time.Duration.ofSeconds(60));
      }
      assertThat(over.await(120, TimeUnit.SECONDS)).isTrue();
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(server.seen).extracting(call -> call.request).doesNotHaveDuplicates();
    assertThat(server.seen).extracting(call -> call.request).containsAll(answered);
    outcomes.forEach(CutConnectionTest::assertOnlyUnsentWereRepeated);
  }
}
