package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Makes each mistake, and compares docs/troubleshooting.md with what comes out. */
class MistakesTest {
  private static final Path PAGE = Path.of("troubleshooting.md");

  private static final String TIME = "\\d+(?:\\.\\d+)?(?:ns|us|ms|s)";

  /** Times that were measured; limits and settings stay as they are. */
  private static final Pattern MEASURED =
      Pattern.compile("(?<=after )" + TIME + "|(?<= )(?<! of )(?<! within )" + TIME + "(?=[;,]|$)");

  private static final Pattern INSTANT = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z");

  /** grpc-java's own figures. */
  private static final Pattern INSIGHT =
      Pattern.compile(" Name resolution delay [\\d.]+ seconds\\.(?: \\[[^\\]]*\\])?");

  @Test
  void thePageShowsWhatPeopleSee() throws Exception {
    String page = page();
    if (Boolean.getBoolean("docs.update")) {
      Files.writeString(PAGE, page);
    }
    assertThat(page)
        .as("docs/troubleshooting.md is out of date: mvn verify -pl docs -am -Ddocs.update=true")
        .isEqualTo(Files.exists(PAGE) ? Files.readString(PAGE) : "");
  }

  /** What is the same at every run. */
  private static String repeatable(String message) {
    String plain = INSIGHT.matcher(message).replaceAll("");
    plain = INSTANT.matcher(plain).replaceAll("2026-11-21T12:00:00Z");
    return MEASURED.matcher(plain).replaceAll("1ms");
  }

  private static String page() throws Exception {
    StringBuilder page = new StringBuilder();
    page.append("# Troubleshooting\n\n");
    page.append(
        "Search this page for a part of your error message. Each section describes one mistake");
    page.append(
        " that people\n"
            + "often make: what was done, the error that you see, and what to do. There are ");
    page.append(Mistakes.ALL.size()).append(" of them.\n\n");
    page.append(
        "The build makes each mistake and compares its message with this page. Measured times");
    page.append(" are shown as `1ms`.\n");
    page.append("If a section ends with the message, the message says what to do.\n\n");
    page.append(
        "Most of these calls make one attempt: the channel has `failureMode(FAILFAST)`, so");
    page.append(
        " that the texts are the same\n"
            + "each time. Their messages end with `failure mode FAILFAST`. By default (`FAILOVER`),"
            + " a message lists each\n"
            + "attempt, and says why there was no further one.\n");
    int number = 0;
    for (Mistake mistake : Mistakes.ALL) {
      String message = repeatable(mistake.trial().message());
      page.append("\n## ").append(++number).append(". ").append(mistake.title()).append("\n\n");
      page.append(mistake.done()).append("\n\n```\n").append(message).append("\n```\n");
      if (!mistake.wayOut().isEmpty()) {
        page.append('\n').append(mistake.wayOut()).append('\n');
      }
    }
    return page.toString();
  }
}
