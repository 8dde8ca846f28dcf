package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.testkit.ManualClock;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PerCallConfigCacheTest {
  private final AtomicInteger made = new AtomicInteger();
  private final CallEnvironment environment =
      new CallEnvironment(
          new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(
                MethodDescriptor<Q, R> method, CallOptions options) {
              throw new UnsupportedOperationException("no call is made");
            }

            @Override
            public String authority() {
              return "nowhere";
            }
          },
          ManualClock.create().scheduler(),
          Runnable::run,
          () -> 1,
          Deadline.getSystemTicker(),
          () -> 0.5,
          new RetryBudget(10, () -> 1),
          new OpenBackoffs(),
          new OutcomeReporter("nowhere", () -> 1, new CallObservers(List.of())));

  private final PerCallConfigCache configs =
      new PerCallConfigCache(
          policy -> {
            made.incrementAndGet();
            return new MethodConfig(
                ScriptedServer.say(policy, true).descriptor(),
                ResolvedPolicy.of(List.of()),
                true,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                environment);
          });

  private static MethodPolicy deadline(int millis) {
    return MethodPolicy.builder().deadline(Duration.ofMillis(millis)).build();
  }

  @Test
  void equalPoliciesHaveOnePlan() {
    MethodPolicy one = deadline(1);
    assertThat(configs.of(one)).isSameAs(configs.of(one)).isSameAs(configs.of(deadline(1)));
    assertThat(configs.of(deadline(2))).isNotSameAs(configs.of(one));
    assertThat(configs.of(deadline(1))).isSameAs(configs.of(one));
    assertThat(made).hasValue(2);
  }

  @Test
  void policiesThatNeverComeAgainAreNotKept() {
    for (int i = 1; i <= 10 * PerCallConfigCache.MAX_ENTRIES; i++) {
      configs.of(deadline(i));
      assertThat(configs.size()).isLessThanOrEqualTo(PerCallConfigCache.MAX_ENTRIES);
    }
  }
}
