package io.fairlead.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "300ms, PT0.3S",
    "1.5s, PT1.5S",
    "2m, PT2M",
    "1h, PT1H",
    "7ns, PT0.000000007S",
    "0s, PT0S",
    "1.5us, PT0.0000015S",
    "90s, PT1M30S"
  })
  void readsNumbersWithAUnit(String text, Duration expected) {
    assertThat(Durations.parse("deadline", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "300", "ms", "-1s", "1 s", "1S", "1.s", ".5s", "1d", "1e3ms"})
  void refusesAnythingElseAndSaysWhatIsAllowed(String text) {
    assertThatThrownBy(() -> Durations.parse("deadline", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "deadline \""
                + text
                + "\" is not a duration; write a number and one of ns, us, ms, s, m, h, as in"
                + " \"300ms\" or \"1.5s\"");
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(() -> Durations.parse("deadline", "9999999h"))
        .hasMessageContaining("longer than 292 years");
    assertThatThrownBy(() -> Durations.parse("deadline", "0.5ns"))
        .hasMessageContaining("part of a nanosecond");
  }

  @ParameterizedTest
  @ValueSource(strings = {"300ms", "1.5s", "2m", "1h", "7ns", "0s", "1.5us", "90.001s", "1001ns"})
  void textReadsBackToTheSameDuration(String text) {
    Duration duration = Durations.parse("x", text);
    assertThat(Durations.parse("x", Durations.format(duration))).isEqualTo(duration);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0ns",
    "999, 999ns",
    "1500, 1us",
    "1500000, 1.5ms",
    "999999, 999us",
    "12345678, 12ms",
    "2000000000, 2s",
    "61500000000, 61s",
    "-5000000, -5ms"
  })
  void measuredTimesAreShort(long nanos, String expected) {
    assertThat(Durations.rough(nanos)).isEqualTo(expected);
  }
}
