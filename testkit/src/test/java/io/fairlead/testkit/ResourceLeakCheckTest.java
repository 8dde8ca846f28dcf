package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.condition.OS.LINUX;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;

class ResourceLeakCheckTest {
  private final ResourceLeakCheck leaks =
      ResourceLeakCheck.within(Duration.ofMillis(1), thread -> false);

  @Test
  void cleanRunReportsNothing() {
    ResourceLeakCheck.before(thread -> false).assertNone();
  }

  @Test
  @EnabledOnOs(LINUX)
  void aSocketIsFound() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(leaks::assertNone)
          .as("port %s is open", socket.getLocalPort())
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("socket:");
    }
  }

  @Test
  void aThreadIsFound() throws InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    Thread forgotten =
        new Thread(
            () -> {
              try {
                over.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "forgotten");
    forgotten.start();
    try {
      assertThatThrownBy(leaks::assertNone).hasMessageContaining("\"forgotten\"");
    } finally {
      over.countDown();
      forgotten.join();
    }
  }
}
