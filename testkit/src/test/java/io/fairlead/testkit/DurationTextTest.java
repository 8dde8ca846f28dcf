package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT0.000000001S, 1ns",
    "PT-0.000000001S, -1ns",
    "PT0.0000015S, 1.5us",
    "PT0.3S, 300ms",
    "PT1S, 1s",
    "PT1.5S, 1.5s",
    "PT90S, 90s",
    "PT-2M, -2m",
    "PT24H, 24h",
  })
  void readsAsInAContract(Duration duration, String text) {
    assertThat(DurationText.format(duration)).isEqualTo(text);
  }
}
