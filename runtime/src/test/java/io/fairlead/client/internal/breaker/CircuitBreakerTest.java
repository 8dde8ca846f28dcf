package io.fairlead.client.internal.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final long SECOND = 1_000_000_000L;

  private long now = 5 * SECOND;
  private final CircuitBreaker breaker =
      new CircuitBreaker(
          CircuitBreakerPolicy.builder()
              .minimumSamples(10)
              .openFor(Duration.ofSeconds(5))
              .probes(2)
              .build(),
          now,
          (to, why) -> {});

  private void outcomes(Code code, int count) {
    for (int i = 0; i < count; i++) {
      breaker.record(code, "", now, now);
    }
  }

  private void open() {
    outcomes(Code.OK, 5);
    outcomes(Code.UNAVAILABLE, 5);
  }

  @Test
  void fewerSamplesThanTheMinimumNeverOpenIt() {
    outcomes(Code.UNAVAILABLE, 9);
    assertThat(breaker.phase(now)).isEqualTo(Phase.CLOSED);
  }

  @Test
  void halfOfEnoughSamplesOpensIt() {
    open();
    assertThat(breaker.phase(now)).isEqualTo(Phase.OPEN);
    assertThat(breaker.acquire(now)).isFalse();
    assertThat(breaker.admits(now)).isFalse();
    assertThat(breaker.describe(now))
        .isEqualTo("open: 5 of 10 calls failed, the last with UNAVAILABLE; tries again in 5s");
  }

  @Test
  void codesThatAreNoFaultDoNotCountAsFailures() {
    outcomes(Code.NOT_FOUND, 100);
    outcomes(Code.RESOURCE_EXHAUSTED, 100);
    assertThat(breaker.phase(now)).isEqualTo(Phase.CLOSED);
  }

  @Test
  void oldOutcomesAreForgotten() {
    outcomes(Code.UNAVAILABLE, 9);
    now += 11 * SECOND;
    outcomes(Code.UNAVAILABLE, 9);
    assertThat(breaker.phase(now)).isEqualTo(Phase.CLOSED);
  }

  @Test
  void goodProbesCloseIt() {
    open();
    now += 5 * SECOND;
    assertThat(breaker.acquire(now)).isTrue();
    assertThat(breaker.acquire(now)).isTrue();
    assertThat(breaker.acquire(now)).isFalse();
    outcomes(Code.OK, 2);
    assertThat(breaker.phase(now)).isEqualTo(Phase.CLOSED);
  }

  @Test
  void aProbeCountsThoughItsCallBeganBeforeItWasLetThrough() {
    open();
    now += 5 * SECOND;
    long began = now - 1;
    assertThat(breaker.acquire(now)).isTrue();
    assertThat(breaker.acquire(now)).isTrue();
    breaker.record(Code.OK, "", began, now);
    breaker.record(Code.OK, "", began, now);
    assertThat(breaker.phase(now)).isEqualTo(Phase.CLOSED);
  }

  @Test
  void oneBadProbeOpensItAgain() {
    open();
    now += 5 * SECOND;
    assertThat(breaker.acquire(now)).isTrue();
    outcomes(Code.UNAVAILABLE, 1);
    assertThat(breaker.phase(now)).isEqualTo(Phase.OPEN);
  }

  @Test
  void callsFromBeforeItOpenedAreNoProbes() {
    long before = now;
    now += SECOND;
    open();
    now += 5 * SECOND;
    assertThat(breaker.acquire(now)).isTrue();
    breaker.record(Code.UNAVAILABLE, "", before, now);
    assertThat(breaker.phase(now)).isEqualTo(Phase.HALF_OPEN);
  }

  @Test
  void probesThatNeverReportAreReplaced() {
    open();
    now += 5 * SECOND;
    assertThat(breaker.acquire(now)).isTrue();
    assertThat(breaker.acquire(now)).isTrue();
    now += 5 * SECOND;
    assertThat(breaker.acquire(now)).isTrue();
  }

  @Test
  void itTellsOfEachMoveOnce() {
    List<String> moves = new ArrayList<>();
    CircuitBreaker told =
        new CircuitBreaker(
            CircuitBreakerPolicy.builder()
                .minimumSamples(2)
                .openFor(Duration.ofSeconds(5))
                .probes(1)
                .build(),
            now,
            (to, why) -> moves.add(to + ": " + why));
    told.record(Code.OK, "", now, now);
    told.record(Code.INTERNAL, "", now, now);
    now += 5 * SECOND;
    assertThat(told.acquire(now)).isTrue();
    told.record(Code.OK, "", now, now);
    assertThat(moves)
        .containsExactly(
            "OPEN: open: 1 of 2 calls failed, the last with INTERNAL; tries again in 5s",
            "HALF_OPEN: half open: 0 of 1 probe succeeded, 0 sent",
            "CLOSED: closed, 0 of 0 calls failed in 10s");
  }

  @Test
  void itIsIdleWhenNothingIsKnownOrNobodyAsks() {
    assertThat(breaker.idle(now)).isTrue();
    breaker.record(Code.UNAVAILABLE, "", now, now);
    assertThat(breaker.idle(now)).isFalse();
    now += 11 * SECOND;
    assertThat(breaker.idle(now)).isTrue();
    open();
    now += 20 * SECOND;
    assertThat(breaker.idle(now)).isFalse();
    now += 200 * SECOND;
    assertThat(breaker.idle(now)).isTrue();
  }
}
