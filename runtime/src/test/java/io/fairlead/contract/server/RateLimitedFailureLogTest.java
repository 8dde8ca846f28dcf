package io.fairlead.contract.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.LogCapture;
import java.util.concurrent.atomic.AtomicInteger;
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
      // Slowly, as the places of few failures in a second are looked at.
      nanos.addAndGet(100_000_000);
      boolean unused = log.failed(at(i));
    }
    boolean unused = log.failed(at(5_000));
    assertThat(log.failed(at(5_001))).isFalse();
  }

  @Test
  void anOutageDoesNotCostAStackTraceForEachCall() {
    AtomicInteger traces = new AtomicInteger();
    try (LogCapture logs = LogCapture.of(ServiceBinding.class.getName())) {
      for (int i = 0; i < 1_000; i++) {
        boolean unused = log.failed(traced(traces));
      }
      // One line is of the place, and one of those that were not looked at.
      assertThat(logs.with("Echo/Throttled")).hasSize(2);
      assertThat(traces.get()).isLessThan(50);
      assertThat(log.failed(new IllegalArgumentException("rare"))).isTrue();
      nanos.addAndGet(1_000_000_000);
      int before = traces.get();
      assertThat(log.failed(traced(traces))).isTrue();
      assertThat(traces.get()).isGreaterThan(before);
      assertThat(logs.with("so did 19 earlier calls")).hasSize(1);
    }
  }

  private static RuntimeException traced(AtomicInteger traces) {
    return new Traced(traces);
  }

  private static RuntimeException at(int line) {
    RuntimeException failure = new IllegalStateException();
    failure.setStackTrace(
        new StackTraceElement[] {new StackTraceElement("A", "b", "A.java", line)});
    return failure;
  }

  private static final class Traced extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient AtomicInteger traces;

    Traced(AtomicInteger traces) {
      this.traces = traces;
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      traces.incrementAndGet();
      return super.getStackTrace();
    }
  }
}
