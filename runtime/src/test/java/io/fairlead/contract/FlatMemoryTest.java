package io.fairlead.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams are passed on, not collected: both sides of a million messages fit into a small heap. */
class FlatMemoryTest {
  /** Window and buffers hold some thousands of these small messages. */
  private static final long MOST_AHEAD = 30_000;

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  Path dir;

  @Test
  void aMillionMessagesPassThroughASmallHeap() throws Exception {
    Path log = dir.resolve("log");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    // A million messages that stayed would take more than twice as much.
                    "-Xmx24m",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-Dio.netty.maxDirectMemory=33554432",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    MillionMessages.class.getName()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    // No bound in time that a busy machine could pass: only a stream that hangs does.
    boolean ended = process.waitFor(10, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).as(text(log)).isTrue();
    assertThat(process.exitValue()).as(text(log)).isZero();
    Matcher received = Pattern.compile("received 1000000 mostAhead (\\d+)").matcher(text(log));
    assertThat(received.find()).as(text(log)).isTrue();
    assertThat(Long.parseLong(received.group(1))).isLessThan(MOST_AHEAD);
    assertThat(text(log)).contains("sent 1000000");
  }

  private static String text(Path log) throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8);
  }
}
