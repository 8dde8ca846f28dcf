package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.FaultPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MirrorPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.policy.RoutePolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyJsonTest {
  private static MethodPolicy.Builder others() {
    return MethodPolicy.builder()
        .deadline(Duration.ofNanos(1_234_567))
        .idleTimeout(Duration.ofMinutes(2))
        .balancer("weighted_round_robin", Map.of("blackoutPeriod", "3s", "share", 0.5))
        .waitForReady(true)
        .maxRequestBytes(1)
        .maxResponseBytes(1 << 30)
        .compression("gzip")
        .failureMode(FailureMode.FAILFAST)
        .breaker(CircuitBreakerPolicy.off())
        .endpointBreaker(
            CircuitBreakerPolicy.builder()
                .failureRate(0.25)
                .minimumSamples(7)
                .window(Duration.ofMillis(1500))
                .openFor(Duration.ofHours(1))
                .probes(3)
                .codes(Code.INTERNAL, Code.UNKNOWN)
                .build())
        .cache(
            CachePolicy.builder()
                .ttl(Duration.ofSeconds(5))
                .staleIfError(Duration.ofMinutes(5))
                .maxEntries(9)
                .maxBytes(1 << 20)
                .vary("authorization", "accept-language")
                .sharedFlight(false)
                .build())
        .route(RoutePolicy.builder().tag("ring").value("canary").percent(2.5).build())
        .mirror(MirrorPolicy.builder().to("canary").percent(2.5).build())
        .fault(
            FaultPolicy.builder()
                .share(0.05)
                .delay(Duration.ofMillis(200))
                .code(Code.ABORTED)
                .caller("checkout")
                .header("x-game-day")
                .headerValue("1")
                .build());
  }

  private static final MethodPolicy RETRYING =
      others()
          .retry(
              RetryPolicy.builder()
                  .attempts(5)
                  .perAttempt(Duration.ofNanos(1))
                  .codes(Code.UNAVAILABLE, Code.ABORTED)
                  .backoff(Duration.ofMillis(3))
                  .maxBackoff(Duration.ofSeconds(9))
                  .backoffMultiplier(1.5)
                  .unsafe()
                  .build())
          .build();

  private static final MethodPolicy HEDGING =
      others()
          .hedging(
              HedgingPolicy.builder()
                  .attempts(4)
                  .delay(Duration.ZERO)
                  .codes(Code.DATA_LOSS)
                  .unsafe()
                  .build())
          .build();

  @Test
  void noFieldIsLostOnTheWay() {
    assertThat(PolicyJson.read(PolicyJson.write(RETRYING))).isEqualTo(RETRYING);
    assertThat(PolicyJson.read(PolicyJson.write(HEDGING))).isEqualTo(HEDGING);
    assertThat(PolicyJson.read("{}")).isEqualTo(MethodPolicy.empty());
    // A field that is added to policies is to be added here too.
    Set<PolicyField> covered = EnumSet.noneOf(PolicyField.class);
    Arrays.stream(PolicyField.values())
        .filter(field -> field.of(RETRYING) != null || field.of(HEDGING) != null)
        .forEach(covered::add);
    assertThat(EnumSet.complementOf(EnumSet.copyOf(covered)))
        .containsExactly(PolicyField.AUTH_SCOPES, PolicyField.PUBLIC_ACCESS, PolicyField.PRIORITY);
  }

  @Test
  void whatIsNotGivenHasTheDefaultsOfTheBuilders() {
    assertThat(PolicyJson.read("{\"retry\":{},\"balancer\":\"round_robin\",\"breaker\":null}"))
        .isEqualTo(
            MethodPolicy.builder()
                .retry(RetryPolicy.builder().build())
                .balancer("round_robin")
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{ | this is not JSON: {",
        "3 | this is not an object of JSON: 3",
        "{'deadlin':'1s'} | no field \"deadlin\", did you mean \"deadline\"?; known are balancer,",
        "{'retry':{'atempts':3}} | no field \"retry.atempts\", did you mean \"retry.attempts\"?",
        "{'zzz':1} | there is no field \"zzz\"; known are balancer, breaker,",
        "{'deadline':300} | deadline is 300; use a duration like \"300ms\", \"1.5s\" or \"2m\"",
        "{'deadline':'300'} | deadline is \"300\"; use a duration like \"300ms\"",
        "{'deadline':{}} | deadline is {}; use a duration like \"300ms\"",
        "{'deadline':'0s'} | deadline is 0s; use a duration above zero",
        "{'retry':3} | retry is 3; use an object",
        "{'retry':{'attempts':1.5}} | retry.attempts is 1.5; use a whole number",
        "{'retry':{'attempts':'3'}} | retry.attempts is \"3\"; use a number",
        "{'retry':{'attempts':99999999999}} | use a whole number",
        "{'retry':{'codes':'INTERNAL'}} | retry.codes is \"INTERNAL\"; use a list like [\"OK\"]",
        "{'retry':{'codes':['INTERNL']}} | retry.codes is \"INTERNL\"; use one of OK, CANCELLED,",
        "{'retry':{'codes':[3]}} | retry.codes is 3; use one of OK,",
        "{'retry':{},'hedging':{'delay':'1s'}} | retry and hedging exclude each other",
        "{'waitForReady':'yes'} | waitForReady is \"yes\"; use true or false",
        "{'failureMode':'failfast'} | failureMode is \"failfast\"; use one of FAILOVER, FAILFAST",
        "{'balancer':{'config':{}}} | balancer.name is missing",
        "{'balancer':7} | balancer is 7; use an object",
        "{'compression':7} | compression is 7; use a text",
        "{'breaker':{'failureRate':2}} | breaker.failureRate 2 is out of range; use 0.01 to 1",
        "{'hedging':{}} | hedging.delay is not set",
        "{'mirror':{'percent':5}} | mirror.to is not set",
        "{'mirror':{'to':'canary'}} | mirror.percent is not set",
        "{'mirror':{'to':'canary','percent':101}} | mirror.percent 101 is out of range; use 0 to 100",
        "{'mirror':{'to':'','percent':5}} | mirror.to \"\" is blank",
        "{'mirror':{'rout':'canary'}} | there is no field \"mirror.rout\"",
        "{'authScopes':['a']} | authScopes is of servers, and does not change while they run",
        "{'publicAccess':true} | publicAccess is of servers",
      })
  void aMistakeIsNamedWithItsWayOut(String json, String message) {
    assertThatThrownBy(() -> PolicyJson.read(json.trim().replace('\'', '"')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message.trim());
  }
}
