package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.ConnectionSettings;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read when they print settings: times as they would write them. */
class SettingsTextTest {
  static Stream<Object> settings() {
    return Stream.of(
        BalancingOptions.DEFAULT,
        OutlierDetectionPolicy.DEFAULT,
        BalancingOptions.builder().slowStart(Duration.ofSeconds(30)).build(),
        AdaptiveLimitPolicy.standard(),
        ConnectionSettings.builder().maxAge(Duration.ofMinutes(5)).build(),
        LifecycleTimeouts.DEFAULT,
        ConcurrencyLimits.builder().queueLimit(10, Duration.ofMillis(1500)).build());
  }

  @ParameterizedTest
  @MethodSource("settings")
  void durationsPrintPlainly(Object settings) {
    assertThat(settings.toString()).containsPattern("\\d(ms|s|m)\\b").doesNotContain("PT");
  }

  @Test
  void limitsPrintEveryValue() {
    assertThat(
            ConcurrencyLimits.builder()
                .maxConcurrentCalls(200)
                .maxConcurrentCallsOf("shop.v1.Inventory/Reserve", 20)
                .adaptiveLimit(AdaptiveLimitPolicy.standard())
                .queueLimit(10, Duration.ofMillis(1500))
                .build())
        .hasToString(
            "maxCalls 200, maxCallsPerMethod unlimited but {shop.v1.Inventory/Reserve=20},"
                + " maxCallsPerCaller unlimited, adaptive limit 4 to 10000 from 20, tolerance 1.7,"
                + " every 20ms, maxQueuedCalls 10, maxQueueTime 1.5s");
  }

  @Test
  void timeoutsPrintEveryValue() {
    assertThat(LifecycleTimeouts.DEFAULT)
        .hasToString(
            "startup 30s, registration 5s, deregistration 5s, deregistrationDelay 2s, drain 30s,"
                + " forceClose 5s");
  }
}
