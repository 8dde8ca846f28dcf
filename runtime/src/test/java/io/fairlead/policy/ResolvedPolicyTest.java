package io.fairlead.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.policy.ResolvedPolicy.Origin;
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
                new Statement(Origin.CALL, MethodPolicy.empty()),
                new Statement(
                    Origin.LIVE, MethodPolicy.builder().deadline(Duration.ofMillis(100)).build()),
                new Statement(
                    Origin.CONTRACT,
                    MethodPolicy.builder()
                        .deadline(Duration.ofSeconds(1))
                        .retry(RetryPolicy.builder().perAttempt(Duration.ofMillis(400)).build())
                        .build())));
    assertThat(policy.deadline()).contains(Duration.ofMillis(100));
    assertThat(policy.describe(PolicyField.DEADLINE)).isEqualTo("deadline 100ms (live override)");
    assertThat(policy.origin(PolicyField.RETRY)).isEqualTo(Origin.CONTRACT);
    assertThat(policy.describe(PolicyField.BALANCER)).isEqualTo("balancer the channel's (default)");
  }

  @Test
  void hedgingAboveReplacesRetryBelow() {
    ResolvedPolicy policy =
        ResolvedPolicy.of(
            List.of(
                new Statement(
                    Origin.BUILDER,
                    MethodPolicy.builder()
                        .hedging(HedgingPolicy.builder().delay(Duration.ofMillis(1)).build())
                        .build()),
                new Statement(
                    Origin.CONTRACT,
                    MethodPolicy.builder().retry(RetryPolicy.builder().build()).build())));
    assertThat(policy.retry()).isEmpty();
    assertThat(policy.hedging()).isPresent();
  }

  /** An emergency setting for a service must not lose against an older one for its method. */
  @Test
  void aStrongerLayerWinsWhateverItsName() {
    MethodPolicies weak =
        MethodPolicies.empty().with("shop.v1.Inventory/Reserve", deadline(1)).from("first");
    MethodPolicies strong = MethodPolicies.empty().with("shop.v1.Inventory", deadline(9));
    MethodPolicies joined = strong.from("second").over(MethodPolicies.empty().over(weak));
    assertThat(joined.of("shop.v1.Inventory/Reserve", true, true)).isEqualTo(deadline(9));
    assertThat(joined.of("shop.v1.Inventory/Watch", false, true).isEmpty()).isTrue();
    assertThat(joined.names()).containsExactly("shop.v1.Inventory", "shop.v1.Inventory/Reserve");
    assertThat(joined.get("shop.v1.Inventory/Reserve")).isEqualTo(deadline(1));
    assertThat(joined)
        .hasToString(
            "{shop.v1.Inventory={deadline: 9s}} of second over"
                + " {shop.v1.Inventory/Reserve={deadline: 1s}} of first")
        .isEqualTo(strong.from("second").over(weak))
        .isNotEqualTo(strong.over(weak));
    ResolvedPolicy resolved =
        ResolvedPolicy.of(joined.statements(Origin.LIVE, "shop.v1.Inventory/Reserve", true, true));
    assertThat(resolved.describe(PolicyField.DEADLINE))
        .isEqualTo("deadline 9s (live override, second)");
    assertThat(resolved.source(PolicyField.DEADLINE)).contains("second");
    assertThat(resolved.source(PolicyField.RETRY)).isEmpty();
    assertThat(joined.without("shop.v1.Inventory").of("shop.v1.Inventory/Reserve", true, true))
        .isEqualTo(deadline(1));
  }

  private static MethodPolicy deadline(int seconds) {
    return MethodPolicy.builder().deadline(Duration.ofSeconds(seconds)).build();
  }

  @Test
  void aServicesPolicyCoversOnlyTheMethodsThatItFits() {
    MethodPolicy ofService =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(2))
            .idleTimeout(Duration.ofSeconds(30))
            .retry(RetryPolicy.builder().perAttempt(Duration.ofSeconds(1)).build())
            .build();
    MethodPolicies set = MethodPolicies.of(Map.of("shop.v1.Inventory", ofService));

    MethodPolicy unary = set.of("shop.v1.Inventory/Reserve", true, false);
    assertThat(unary.deadline()).isPresent();
    assertThat(unary.idleTimeout()).isEmpty();
    assertThat(unary.retry()).isEmpty();

    MethodPolicy stream = set.of("shop.v1.Inventory/Watch", false, true);
    assertThat(stream.deadline()).isEmpty();
    assertThat(stream.idleTimeout()).isPresent();
    assertThat(stream.retry()).contains(RetryPolicy.builder().build());
    assertThat(set.of("shop.v1.Inventory/Reserve", true, true).retry())
        .isEqualTo(ofService.retry());
    assertThat(set.of("shop.v1.Other/Reserve", true, true).isEmpty()).isTrue();
  }
}
