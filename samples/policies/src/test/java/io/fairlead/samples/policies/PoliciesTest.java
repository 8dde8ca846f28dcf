package io.fairlead.samples.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PoliciesTest {
  @Test
  void everyPolicyMakesTheDifferenceThatTheReadmeShows() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Policies(new PrintStream(bytes, true, StandardCharsets.UTF_8)).play();
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "retry     one call in ten meets an instance that is shutting down: 10 of 100 calls"
                + " failed; with retry 0",
            "hedging   two calls of 40 hang for two seconds: 2 calls took over a second; with a"
                + " hedge after 50 ms 0",
            "breaker   a service is down: it is bothered by 100 of 100 calls; with a breaker by 20",
            "fallback  the same: 100 of 100 calls failed; with a fallback 0, and 100 got a guess",
            "shedding  12 long reports and then a payment come to a server with a limit of 10"
                + " calls: 2 reports refused, the payment refused; with priorities 3 reports"
                + " refused, the payment answered");
  }
}
