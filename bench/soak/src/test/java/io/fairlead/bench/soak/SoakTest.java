package io.fairlead.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A few seconds in every build, so that the long run is known to work. */
class SoakTest {
  @Test
  @Timeout(300)
  void aShortSoakLeavesNothing() throws InterruptedException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Plan plan = new Plan(Duration.ofSeconds(3), 4, Duration.ofMillis(300), 7);
    Verdict verdict = Soak.run(plan, new PrintStream(text, true, StandardCharsets.UTF_8));
    String figures = text.toString(StandardCharsets.UTF_8);
    // The heap of a run this short is still being filled.
    assertThat(figures).contains("never answered               0").doesNotContain("WRONG: a");
    assertThat(verdict.tally().wrongOnes()).as(figures).isZero();
    assertThat(verdict.tally().unanswered()).as(figures).isZero();
    assertThat(verdict.fleet().permitsLeft()).as(figures).isZero();
    assertThat(verdict.leaks()).isEmpty();
  }

  @Test
  void anUnknownOptionNamesTheOthers() {
    assertThatThrownBy(() -> Plan.of("--fast"))
        .hasMessage(
            "unknown option --fast; there are --quick, --seconds=180, --callers=8 and --seed=1");
    assertThatThrownBy(() -> Plan.of("--seconds=0"))
        .hasMessage("--seconds=0 needs a number above zero");
  }
}
