package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.EndpointView;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import org.junit.jupiter.api.Test;

class EndpointBreakersTest {
  private static final long SECOND = 1_000_000_000L;

  private long now = SECOND;
  private final EndpointBreakers breakers =
      new EndpointBreakers(
          CircuitBreakerPolicy.builder().minimumSamples(2).build(),
          () -> now,
          id -> (to, why) -> {});

  private record View(Endpoint endpoint) implements EndpointView {
    @Override
    public int inFlight() {
      return 0;
    }

    @Override
    public double latencyNanos() {
      return 0;
    }

    @Override
    public double failureRate() {
      return 0;
    }

    @Override
    public double reportedWeight() {
      return 0;
    }
  }

  private static View view(String id) {
    return new View(Endpoint.of(id, "127.0.0.1", 1));
  }

  private void fail(String id) {
    breakers.record(view(id), Code.UNAVAILABLE, "", now, now);
  }

  @Test
  void healthyEndpointKeepsNoState() {
    breakers.record(view("a"), Code.OK, "", now, now);
    breakers.record(view("a"), Code.NOT_FOUND, "", now, now);
    assertThat(breakers.size()).isZero();
    assertThat(breakers.allows(view("a"))).isTrue();
  }

  @Test
  void breakersAreKeyedByEndpointId() {
    fail("a");
    fail("a");
    assertThat(breakers.allows(view("a"))).isFalse();
    assertThat(breakers.allows(new View(view("a").endpoint().withWeight(7)))).isFalse();
    assertThat(breakers.allows(view("b"))).isTrue();
  }

  @Test
  void removedEndpointsAreForgotten() {
    for (int i = 0; i < 10_000; i++) {
      fail("gone-" + i);
      now += SECOND;
    }
    assertThat(breakers.size()).isLessThan(20);
  }

  @Test
  void removedEndpointsWithOpenBreakersAreForgottenLater() {
    for (int i = 0; i < 1_000; i++) {
      fail("gone-" + i);
      fail("gone-" + i);
      now += SECOND;
    }
    assertThat(breakers.size()).isLessThan(200);
  }
}
