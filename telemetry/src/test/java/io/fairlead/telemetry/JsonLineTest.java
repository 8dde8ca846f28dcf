package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLineTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-30T08:45:00Z",
        "2026-11-30T08:45:00.120Z",
        "2026-11-30T08:45:00.000007Z",
        "2026-11-30T08:45:00.123456789Z",
        "2026-11-30T08:45:01.000000001Z",
        "1969-12-31T23:59:59.999Z"
      })
  void aTimeIsWrittenAsInstantsAre(String time) {
    // Each also behind another one, as what is known of a second is kept.
    assertThat(JsonLine.begin().add("time", Instant.parse(time)).end())
        .isEqualTo("{\"time\":\"" + Instant.parse(time) + "\"}");
    assertThat(JsonLine.begin().add("time", Instant.parse(time).plusNanos(5_000_000)).end())
        .isEqualTo("{\"time\":\"" + Instant.parse(time).plusNanos(5_000_000) + "\"}");
  }

  @Test
  void idsHaveAllTheirDigits() {
    assertThat(JsonLine.begin().hex("trace", 1, -1).hex("span", 0xabcL).end())
        .isEqualTo(
            "{\"trace\":\"0000000000000001ffffffffffffffff\",\"span\":\"0000000000000abc\"}");
  }

  @Test
  void aLineCostsTheMemoryOfItsTextAlone() {
    String message = "x".repeat(2_000);
    Instant time = Instant.parse("2026-11-30T08:45:00.123456Z");
    // What is larger than usual is not kept for the lines that follow.
    String long1 = JsonLine.begin().add("message", "x".repeat(100_000)).end();
    assertThat(long1).hasSize(100_014);
    String unused = JsonLine.begin().add("time", time).add("message", message).end();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      unused = JsonLine.begin().add("time", time).hex("trace", 1, i).add("message", message).end();
    }
    long each = (threads.getCurrentThreadAllocatedBytes() - before) / 100;
    assertThat(each).isBetween((long) unused.length(), unused.length() + 500L);
  }
}
