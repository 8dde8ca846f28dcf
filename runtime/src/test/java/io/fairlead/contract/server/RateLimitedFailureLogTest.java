package io.fairlead.contract.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.LogCapture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitedFailureLogTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RateLimitedFailureLog log =
      new RateLimitedFailureLog("test.v1.Echo/Throttled", nanos::get);

  private static RuntimeException frequent() {
    return new IllegalStateException("frequent");
  }

  private static RuntimeException elsewhere() {
    return new IllegalStateException("elsewhere");
  }

  @Test
  void aRareExceptionIsNotHiddenBehindAFrequentOne() {
    assertThat(log.failed(frequent())).isTrue();
    assertThat(log.failed(frequent())).isFalse();
    assertThat(log.failed(new IllegalArgumentException("rare"))).isTrue();
    assertThat(log.failed(elsewhere())).isTrue();
    assertThat(log.failed(frequent())).isFalse();
  }

  @Test
  void theNextLineCountsWhatWasNotShown() {
    try (LogCapture logs = LogCapture.of(ServiceBinding.class.getName())) {
      for (int i = 0; i < 4; i++) {
        boolean unused = log.failed(frequent());
      }
      nanos.addAndGet(1_000_000_000);
      assertThat(log.failed(frequent())).isTrue();
      assertThat(logs.with("Echo/Throttled"))
          .containsExactly(
              "the handler of test.v1.Echo/Throttled failed",
              "the handler of test.v1.Echo/Throttled failed; so did 3 earlier calls in the same"
                  + " way, not shown");
    }
  }

  @Test
  void classesWithoutEndDoNotFillTheMemory() {
    for (int i = 0; i < 1_000; i++) {
      RuntimeException failure = new IllegalStateException();
      failure.setStackTrace(new StackTraceElement[] {new StackTraceElement("A", "b", "A.java", i)});
      boolean unused = log.failed(failure);
    }
    RuntimeException failure = new IllegalStateException();
    failure.setStackTrace(
        new StackTraceElement[] {new StackTraceElement("A", "b", "A.java", 5_000)});
    assertThat(log.failed(failure)).isFalse();
  }
}
