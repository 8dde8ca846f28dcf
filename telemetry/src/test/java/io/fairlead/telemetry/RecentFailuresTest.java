package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentFailuresTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

  private final RecentFailures failures = new RecentFailures(InstantSource.fixed(NOON));

  private static AttemptOutcome attempt(Code code, String description) {
    return AttemptOutcome.builder(1, Kind.FIRST)
        .endpoint("10.0.0.7:50051", "a")
        .status(code, description, StatusOrigin.WIRE)
        .times(Duration.ZERO, Duration.ZERO, Duration.ofMillis(2))
        .build();
  }

  private void ended(String method, Code code, AttemptOutcome attempt) {
    failures.callEnded(
        CallOutcome.builder(method, "etcd:///stock", ResolvedPolicy.of(List.of()))
            .status(code, attempt.description(), StatusOrigin.WIRE)
            .totalTime(Duration.ofMillis(3))
            .attempts(List.of(attempt))
            .build());
  }

  @Test
  void theLastFailureOfAMethodAndOfAnEndpointIsToldInWords() {
    ended("shop.Stock/Get", Code.UNAVAILABLE, attempt(Code.UNAVAILABLE, "down"));
    ended("shop.Stock/Get", Code.INTERNAL, attempt(Code.INTERNAL, "broken"));
    assertThat(failures)
        .hasToString(
            "shop.Stock/Get on etcd:///stock: 2 failed, the last at 2026-11-21T12:00:00Z with"
                + " INTERNAL: shop.Stock/Get failed after 3ms: #1 10.0.0.7:50051 [a] INTERNAL"
                + " (broken) 2ms\n"
                + "10.0.0.7:50051: 2 failed, the last at 2026-11-21T12:00:00Z with INTERNAL:"
                + " #1 10.0.0.7:50051 [a] INTERNAL (broken) 2ms");
  }

  @Test
  void anAttemptThatFailedIsKeptAlthoughItsCallEndedWell() {
    ended("shop.Stock/Get", Code.OK, attempt(Code.UNAVAILABLE, "down"));
    assertThat(failures.methods()).isEmpty();
    assertThat(failures.endpoints())
        .singleElement()
        .extracting(RecentFailures.Failure::name, RecentFailures.Failure::code)
        .containsExactly("10.0.0.7:50051", Code.UNAVAILABLE);
  }

  @Test
  void namesThatOthersMakeUpDoNotFillTheMemory() {
    for (int i = 0; i < 10_010; i++) {
      ended("shop.Stock/Get" + i, Code.INTERNAL, attempt(Code.INTERNAL, ""));
    }
    assertThat(failures.methods()).hasSize(10_001);
    assertThat(failures.methods())
        .filteredOn(failure -> failure.name().equals("other"))
        .extracting(RecentFailures.Failure::count)
        .containsExactly(10L);
  }
}
