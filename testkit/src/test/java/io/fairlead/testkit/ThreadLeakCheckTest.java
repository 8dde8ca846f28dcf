package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ThreadLeakCheckTest {
  @Test
  void namesAThreadThatWasLeftRunning() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    ThreadLeakCheck check = ThreadLeakCheck.withTimeout(Duration.ofMillis(20));
    Thread left = start("left-behind", end);
    try {
      assertThatThrownBy(check::assertNoneLeft)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("left-behind")
          .hasMessageContaining("CountDownLatch.await");
    } finally {
      end.countDown();
      left.join();
    }
    assertThatCode(check::assertNoneLeft).doesNotThrowAnyException();
  }

  @Test
  void waitsForAThreadThatIsAboutToEnd() {
    CountDownLatch end = new CountDownLatch(1);
    ThreadLeakCheck check = ThreadLeakCheck.start();
    start("ends-soon", end);
    end.countDown();
    assertThatCode(check::assertNoneLeft).doesNotThrowAnyException();
  }

  @Test
  void letsIgnoredThreadsStay() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    ThreadLeakCheck check = ThreadLeakCheck.ignoring(thread -> thread.getName().equals("kept"));
    Thread kept = start("kept", end);
    assertThatCode(check::assertNoneLeft).doesNotThrowAnyException();
    end.countDown();
    kept.join();
  }

  private static Thread start(String name, CountDownLatch end) {
    Thread thread =
        new Thread(
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.start();
    return thread;
  }
}
