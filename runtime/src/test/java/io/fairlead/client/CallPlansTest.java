package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResolvedPolicy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallPlansTest {
  private final AtomicInteger made = new AtomicInteger();
  private final CallPlans plans =
      new CallPlans(
          policy -> {
            made.incrementAndGet();
            return new MethodPlan(
                Peer.say(policy, true).descriptor(),
                ResolvedPolicy.of(List.of()),
                true,
                null,
                null,
                null,
                null,
                Runnable::run);
          });

  private static MethodPolicy deadline(int millis) {
    return MethodPolicy.builder().deadline(millis + "ms").build();
  }

  @Test
  void equalPoliciesHaveOnePlan() {
    MethodPolicy one = deadline(1);
    assertThat(plans.of(one)).isSameAs(plans.of(one)).isSameAs(plans.of(deadline(1)));
    assertThat(plans.of(deadline(2))).isNotSameAs(plans.of(one));
    assertThat(plans.of(deadline(1))).isSameAs(plans.of(one));
    assertThat(made).hasValue(2);
  }

  @Test
  void policiesThatNeverComeAgainAreNotKept() {
    for (int i = 1; i <= 10 * CallPlans.MOST; i++) {
      plans.of(deadline(i));
      assertThat(plans.size()).isLessThanOrEqualTo(CallPlans.MOST);
    }
  }
}
