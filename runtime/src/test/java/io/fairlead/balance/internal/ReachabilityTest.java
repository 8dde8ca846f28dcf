package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachabilityTest {
  @ParameterizedTest(name = "{0}, any ready {1}, one fails {2} -> {3}")
  @CsvSource({
    "CONNECTING, true,  false, READY",
    "CONNECTING, true,  true,  READY",
    "CONNECTING, false, true,  FAILING",
    "CONNECTING, false, false, CONNECTING",
    "READY,      true,  false, READY",
    "READY,      true,  true,  READY",
    "READY,      false, true,  FAILING",
    "READY,      false, false, CONNECTING",
    "FAILING,    true,  false, READY",
    "FAILING,    true,  true,  READY",
    "FAILING,    false, true,  FAILING",
    "FAILING,    false, false, FAILING",
  })
  void onlyAReadyConnectionEndsAFailure(
      Reachability before, boolean anyReady, boolean fails, Reachability after) {
    assertThat(before.after(anyReady, fails)).isEqualTo(after);
  }
}
