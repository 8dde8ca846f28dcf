package io.fairlead.samples.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StreamingTest {
  @Test
  void everyShapeDoesWhatItSays() throws Exception {
    List<String> lines = lines();
    assertThat(lines).contains("unary: bench: 64 KiB a frame");
    assertThat(lines).contains("server streaming: read to the end");
    assertThat(lines).contains("client streaming: the server took 1,000 frames, 1,024,000 bytes");
    assertThat(lines).contains("bidi streaming: sharp between 36 and 38 after 22 questions");
  }

  @Test
  void aProducerIsNeverFarAheadOfAPausedReader() throws Exception {
    List<String> paused = lines().stream().filter(line -> line.contains("then paused")).toList();
    assertThat(paused).hasSize(4);
    for (String line : paused) {
      Matcher ahead = Pattern.compile("stands (\\d+) frames ahead").matcher(line);
      if (ahead.find()) {
        // 64 KiB a frame against windows of 1 MiB on either side.
        assertThat(Integer.parseInt(ahead.group(1))).as(line).isBetween(1, 64);
      } else {
        assertThat(line).endsWith("the producer stands level");
      }
    }
  }

  private static List<String> lines() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Streaming(new PrintStream(bytes, true, StandardCharsets.UTF_8)).play();
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
