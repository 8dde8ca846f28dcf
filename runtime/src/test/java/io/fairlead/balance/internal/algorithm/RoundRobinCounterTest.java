package io.fairlead.balance.internal.algorithm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.Pick;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import org.junit.jupiter.api.Test;

class RoundRobinCounterTest {
  @Test
  void counterStaysSequentialAcrossOverflow() {
    Pick pick = LoadBalancingContext.first(PickRequest.of(null, EndpointFilter.ALLOW_ALL));
    RoundRobinCounter counter = new RoundRobinCounter();
    int first = counter.next(pick);
    assertThat(first).isNotNegative();
    assertThat(counter.next(pick)).isEqualTo(first + 1);
    counter.set(Integer.MAX_VALUE);
    assertThat(counter.next(pick)).isEqualTo(Integer.MAX_VALUE);
    int again = counter.next(pick);
    assertThat(again).isNotNegative();
    assertThat(counter.next(pick)).isEqualTo(again + 1);
  }
}
