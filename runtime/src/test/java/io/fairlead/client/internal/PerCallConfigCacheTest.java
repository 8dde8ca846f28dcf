package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PerCallConfigCacheTest {
  private final AtomicInteger made = new AtomicInteger();
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
                Runnable::run);
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
