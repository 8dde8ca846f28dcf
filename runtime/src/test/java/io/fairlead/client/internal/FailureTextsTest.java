package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.RpcException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The texts of failures, whole, as the person on call sees them. */
@Timeout(120)
class FailureTextsTest {
  private static final Path GOLDEN = Path.of("src/test/golden/failures.txt");

  private static final String TIME = "\\d+(?:\\.\\d+)?(?:ns|us|ms|s)";

  /** Times that were measured; limits and settings stay as they are. */
  private static final Pattern MEASURED =
      Pattern.compile(
          "(?<=after |at \\+|waited |on the wire |again in )"
              + TIME
              + "|(?<=[A-Z)] )"
              + TIME
              + "(?=[,;]|$)",
          Pattern.MULTILINE);

  /** grpc-java's own figures. */
  private static final Pattern INSIGHT =
      Pattern.compile(" Name resolution delay [\\d.]+ seconds\\.(?: \\[[^\\]]*\\])?");

  private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:\\d+");

  @Test
  void failureTextsMatchTheGoldenFile() throws Exception {
    StringBuilder text = new StringBuilder();
    for (Failures.Failure failure : Failures.ALL) {
      RpcException seen = failure.trial().make();
      text.append("=== ").append(failure.title()).append("\n\n");
      text.append(repeatable(String.valueOf(seen.getMessage()))).append("\n\n");
      text.append(repeatable(seen.explain())).append("\n\n");
    }
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(GOLDEN.getParent());
      Files.writeString(GOLDEN, text);
    }
    assertThat(text.toString())
        .as("%s is out of date? mvn test -pl runtime -am -Dgolden.update=true", GOLDEN)
        .isEqualTo(Files.exists(GOLDEN) ? Files.readString(GOLDEN) : "");
  }

  /** What is the same at every run. */
  private static String repeatable(String text) {
    String plain = INSIGHT.matcher(text).replaceAll("");
    plain = PORT.matcher(plain).replaceAll("127.0.0.1:50051");
    return MEASURED.matcher(plain).replaceAll("1ms");
  }
}
