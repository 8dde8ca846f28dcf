package io.fairlead.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MethodPolicyTest {
  @Test
  void builtPolicyHoldsItsValues() {
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofMillis(300))
            .retry(RetryPolicy.builder().attempts(3).perAttempt(Duration.ofMillis(120)).build())
            .balancer("consistent_hash")
            .build();

    assertThat(policy.deadline()).contains(Duration.ofMillis(300));
    assertThat(policy.retry())
        .contains(RetryPolicy.builder().perAttempt(Duration.ofMillis(120)).build());
    assertThat(policy.idleTimeout()).isEmpty();
    assertThat(policy)
        .hasToString(
            "{deadline: 300ms; retry: attempts 3, per attempt 120ms, on [UNAVAILABLE], backoff"
                + " 25ms x 2.0 up to 1s; balancer: consistent_hash}");
  }

  @Test
  void aBuilderStartsFromAPolicy() {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build();
    assertThat(policy.toBuilder().build()).isEqualTo(policy).hasSameHashCodeAs(policy);
    assertThat(policy.toBuilder().priority(Priority.HIGH).build())
        .hasToString("{deadline: 1s; priority: HIGH}");
    assertThat(policy).hasToString("{deadline: 1s}");
    RetryPolicy retry = RetryPolicy.builder().backoff(Duration.ofSeconds(3)).build();
    assertThat(retry.toBuilder().build()).isEqualTo(retry);
    assertThat(CircuitBreakerPolicy.off().toBuilder().build())
        .isEqualTo(CircuitBreakerPolicy.off());
  }

  @Test
  void theEmptyPolicyStatesNothing() {
    assertThat(MethodPolicy.empty().isEmpty()).isTrue();
    assertThat(MethodPolicy.builder().priority(Priority.HIGH).build().isEmpty()).isFalse();
  }

  @Test
  void aLongBackoffRaisesTheUnstatedMaximum() {
    assertThat(RetryPolicy.builder().backoff(Duration.ofSeconds(3)).build().maxBackoff())
        .isEqualTo(Duration.ofSeconds(3));
  }

  record Mistake(Runnable build, String message) {
    @Override
    public String toString() {
      return message;
    }
  }

  static java.util.stream.Stream<Mistake> mistakes() {
    return java.util.stream.Stream.of(
        new Mistake(
            () -> MethodPolicy.builder().deadline(Duration.ZERO).build(),
            "deadline is 0s; use a duration above zero, or leave it out for none"),
        new Mistake(
            () -> MethodPolicy.builder().deadline(Duration.ofSeconds(-1)).build(),
            "deadline -1s is negative"),
        new Mistake(
            () -> RetryPolicy.builder().attempts(1).build(),
            "retry.attempts 1 is out of range; use 2 to 10"),
        new Mistake(
            () -> RetryPolicy.builder().backoffMultiplier(0.5).build(),
            "retry.backoffMultiplier 0.5 is out of range; use 1 to 10"),
        new Mistake(
            () -> RetryPolicy.builder().codes(Code.OK).build(),
            "retry.codes holds OK, which is not a failure; leave it out"),
        new Mistake(
            () -> RetryPolicy.builder().codes().build(),
            "retry.codes is empty; name a code, as in UNAVAILABLE, or leave it out for the"
                + " default"),
        new Mistake(
            () ->
                RetryPolicy.builder()
                    .backoff(Duration.ofMillis(100))
                    .maxBackoff(Duration.ofMillis(50))
                    .build(),
            "retry.maxBackoff 50ms is below retry.backoff 100ms"),
        new Mistake(
            () -> HedgingPolicy.builder().build(),
            "hedging.delay is not set; give the delay before the next attempt, as in \"50ms\""),
        new Mistake(
            () -> MethodPolicy.builder().maxRequestBytes(0).build(),
            "maxRequestBytes 0 is below 1 byte"),
        new Mistake(
            () -> MethodPolicy.builder().balancer(" ").build(),
            "balancer \" \" is blank or has spaces around it; use e.g. \"least_request\""),
        new Mistake(
            () ->
                MethodPolicy.builder()
                    .retry(RetryPolicy.builder().build())
                    .hedging(HedgingPolicy.builder().delay(Duration.ofMillis(1)).build())
                    .build(),
            "retry and hedging exclude each other on one method; state one of them"),
        new Mistake(
            () ->
                MethodPolicy.builder()
                    .deadline(Duration.ofMillis(100))
                    .retry(RetryPolicy.builder().perAttempt(Duration.ofMillis(200)).build())
                    .build(),
            "retry.perAttempt 200ms is above the deadline 100ms"),
        new Mistake(
            () -> CircuitBreakerPolicy.builder().failureRate(0).build(),
            "breaker.failureRate 0 is out of range; use 0.01 to 1"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeNamesTheFieldTheValueAndTheWayOut(Mistake mistake) {
    assertThatThrownBy(mistake.build()::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(mistake.message());
  }
}
