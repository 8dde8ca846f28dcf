package io.fairlead.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.ResolvedPolicy.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResolvedPolicyTest {
  @Test
  void theFirstSourceThatStatesAFieldDecidesIt() {
    ResolvedPolicy policy =
        ResolvedPolicy.of(
            List.of(
                new Statement(PolicyOrigin.CALL, MethodPolicy.empty()),
                new Statement(PolicyOrigin.LIVE, MethodPolicy.builder().deadline("100ms").build()),
                new Statement(
                    PolicyOrigin.CONTRACT,
                    MethodPolicy.builder()
                        .deadline("1s")
                        .retry(RetryPolicy.builder().perAttempt("400ms").build())
                        .build())));
    assertThat(policy.deadline()).isEqualTo(Duration.ofMillis(100));
    assertThat(policy.describe(PolicyField.DEADLINE)).isEqualTo("deadline 100ms (live override)");
    assertThat(policy.origin(PolicyField.RETRY)).isEqualTo(PolicyOrigin.CONTRACT);
    assertThat(policy.describe(PolicyField.BALANCER)).isEqualTo("balancer the channel's (default)");
  }

  @Test
  void hedgingAboveReplacesRetryBelow() {
    ResolvedPolicy policy =
        ResolvedPolicy.of(
            List.of(
                new Statement(
                    PolicyOrigin.BUILDER,
                    MethodPolicy.builder()
                        .hedging(HedgingPolicy.builder().delay("1ms").build())
                        .build()),
                new Statement(
                    PolicyOrigin.CONTRACT,
                    MethodPolicy.builder().retry(RetryPolicy.builder().build()).build())));
    assertThat(policy.retry()).isNull();
    assertThat(policy.hedging()).isNotNull();
  }

  @Test
  void aServicesPolicyCoversOnlyTheMethodsThatItFits() {
    MethodPolicy ofService =
        MethodPolicy.builder()
            .deadline("2s")
            .idleTimeout("30s")
            .retry(RetryPolicy.builder().perAttempt("1s").build())
            .build();
    MethodPolicies set = MethodPolicies.of(Map.of("shop.v1.Inventory", ofService));

    MethodPolicy unary = set.of("shop.v1.Inventory/Reserve", true, false);
    assertThat(unary.deadline()).isNotNull();
    assertThat(unary.idleTimeout()).isNull();
    assertThat(unary.retry()).isNull();

    MethodPolicy stream = set.of("shop.v1.Inventory/Watch", false, true);
    assertThat(stream.deadline()).isNull();
    assertThat(stream.idleTimeout()).isNotNull();
    assertThat(stream.retry()).isEqualTo(RetryPolicy.builder().build());
    assertThat(set.of("shop.v1.Inventory/Reserve", true, true).retry())
        .isEqualTo(ofService.retry());
    assertThat(set.of("shop.v1.Other/Reserve", true, true).isEmpty()).isTrue();
  }
}
