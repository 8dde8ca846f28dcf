package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.testkit.ManualClock;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hedged call makes as many attempts as its policy says, whatever happens at the same time. */
@Timeout(120)
class HedgeCountTest {
  /** Many, as two threads seldom meet within a few instructions. */
  private static final int ROUNDS = 3_000;

  private static final Duration DELAY = Duration.ofMillis(20);
  private static final Metadata LATER = new Metadata();

  static {
    LATER.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "1000");
  }

  private final ManualAttempts attempts = new ManualAttempts();
  private final VirtualStack stack =
      new VirtualStack(
          config -> {
            config.attemptInterceptors.add(attempts);
            config.retriesPerSecond = 1_000_000;
          });
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  @AfterEach
  void close() {
    threads.shutdownNow();
    stack.close();
  }

  private static MethodContract<StringValue, StringValue> hedged(int attempts) {
    return ScriptedServer.say(
        MethodPolicy.builder()
            .breaker(CircuitBreakerPolicy.off())
            .hedging(HedgingPolicy.builder().attempts(attempts).delay(DELAY).build())
            .build(),
        true);
  }

  /** Runs both at the same time, and waits for them. */
  private void atOnce(Runnable one, Runnable other) throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    Future<?> first = threads.submit(() -> meet(arrived, one));
    Future<?> second = threads.submit(() -> meet(arrived, other));
    first.get();
    second.get();
  }

  /** Spins, as a thread that is woken comes too late to meet the other. */
  private static void meet(AtomicInteger arrived, Runnable action) {
    arrived.incrementAndGet();
    while (arrived.get() < 2) {
      Thread.onSpinWait();
    }
    action.run();
  }

  @Test
  void attemptsThatFailTogetherBringOneFurtherHedge() throws Exception {
    MethodContract<StringValue, StringValue> method = hedged(3);
    for (int i = 0; i < ROUNDS; i++) {
      attempts.started.clear();
      VirtualStack.Call call = stack.begin(method, "x");
      stack.clock.advance(DELAY);
      assertThat(attempts.started).hasSize(2);
      atOnce(
          () -> attempts.number(1).end(Status.UNAVAILABLE),
          () -> attempts.number(2).end(Status.UNAVAILABLE));
      assertThat(attempts.started).as("attempts in round %s", i).hasSize(3);
      attempts.number(3).end(Status.UNAVAILABLE);
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void attemptThatFailsWhenItsHedgeIsDueBringsOneHedge() throws Exception {
    MethodContract<StringValue, StringValue> method = hedged(2);
    for (int i = 0; i < ROUNDS; i++) {
      attempts.started.clear();
      VirtualStack.Call call = stack.begin(method, "x");
      atOnce(() -> attempts.number(1).end(Status.UNAVAILABLE), () -> stack.clock.advance(DELAY));
      assertThat(attempts.started).as("attempts in round %s", i).hasSize(2);
      attempts.number(2).end(Status.UNAVAILABLE);
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  /** The threads end with the last channel, and a timer cannot be set any more. */
  @Test
  void hedgedCallOnAClosedChannelHasAnEnd() {
    ManualClock ended = ManualClock.create();
    ended.scheduler().shutdown();
    try (VirtualStack closed = new VirtualStack(config -> config.scheduler = ended.scheduler())) {
      closed.serve((n, call) -> call.fail(Status.UNAVAILABLE));
      closed.factory.close();
      VirtualStack.Call call = closed.begin(hedged(2), "x");
      assertThat(call.status().getDescription()).contains("shutdown");
    }
  }

  /** A timer that runs already cannot be cancelled: here it waits for the lock of the call. */
  @Test
  void hedgeThatAServerPutsOffIsNotSentByItsLateTimer() throws Exception {
    VirtualStack.Call call = stack.begin(hedged(2), "x");
    Thread timer = new Thread(() -> stack.clock.advance(DELAY), "late-timer");
    synchronized (call.call) {
      timer.start();
      while (timer.getState() != Thread.State.BLOCKED) {
        assertThat(timer.isAlive()).isTrue();
        Thread.onSpinWait();
      }
      attempts.number(1).end(Status.UNAVAILABLE, LATER);
    }
    timer.join();
    assertThat(attempts.started).as("attempts before the server wants another").hasSize(1);
    stack.clock.advance(Duration.ofSeconds(1));
    assertThat(attempts.started).hasSize(2);
    attempts.number(2).end(Status.UNAVAILABLE);
    stack.clock.runDue();
    assertThat(call.over()).isTrue();
    assertThat(attempts.started).hasSize(2);
  }
}
