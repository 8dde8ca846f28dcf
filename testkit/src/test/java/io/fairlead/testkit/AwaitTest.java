package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {
  @Test
  void conditionIsAskedUntilItHolds() {
    AtomicInteger asked = new AtomicInteger();
    Await.until("the third question", () -> asked.incrementAndGet() == 3);
    assertThat(asked).hasValue(3);
  }

  @Test
  void errorSaysWhatWasWaitedFor() {
    assertThatThrownBy(() -> Await.until("the end of time", Duration.ofMillis(5), () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessage("Not within 5ms: the end of time");
  }

  @Test
  void interruptEndsTheWaitAndIsKept() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> Await.until("nothing", () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessage("Interrupted while waiting for this: nothing");
    assertThat(Thread.interrupted()).isTrue();
  }
}
