package io.fairlead.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;

final class LogCaptureTest {
  private static final String NAME = LogCaptureTest.class.getName();
  private static final System.Logger BELOW = System.getLogger(NAME + ".below");

  @Test
  void hearsTheLoggerAndThoseBelowItWhileItIsOpen() {
    LogCapture capture = LogCapture.of(NAME);
    try (capture) {
      BELOW.log(Level.INFO, "{0} came", "a");
      BELOW.log(Level.DEBUG, "{0} breathes", "a");
      BELOW.log(Level.WARNING, "{0} went", "a");
      System.getLogger("elsewhere").log(Level.INFO, "b came");
    }
    BELOW.log(Level.INFO, "c came");
    assertThat(capture.lines()).containsExactly("a came", "a went");
    assertThat(capture.warnings()).containsExactly("a went");
    assertThat(capture.with("came")).containsExactly("a came");
  }

  @Test
  void waitsForTheFirstLineAndAddsItsCause() {
    try (LogCapture capture = LogCapture.of(NAME)) {
      String first =
          capture.awaitFirst(
              () -> BELOW.log(Level.ERROR, "it fell", new IllegalStateException("slippery")));
      assertThat(first).isEqualTo("it fell: slippery");
    }
  }
}
