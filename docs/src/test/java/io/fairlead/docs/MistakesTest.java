package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/mistakes.md is what comes out when each mistake is really made. */
class MistakesTest {
  private static final Path PAGE = Path.of("mistakes.md");

  private static final String TIME = "\\d+(?:\\.\\d+)?(?:ns|us|ms|s)";

  /** Times that were measured; limits and settings stay as they are. */
  private static final Pattern MEASURED =
      Pattern.compile("(?<=after )" + TIME + "|(?<= )(?<! of )" + TIME + "(?=[;,]|$)");

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
        .as("docs/mistakes.md is out of date: mvn verify -pl docs -am -Ddocs.update=true")
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
    page.append("# Mistakes\n\n");
    page.append("The ").append(Mistakes.ALL.size());
    page.append(
        " most likely ones, and what you see. Each was really made to write this page, and is");
    page.append(" made again\nby every build; times that were measured are shown as `1ms`.\n");
    int number = 0;
    for (Mistake mistake : Mistakes.ALL) {
      String message = repeatable(mistake.trial().message());
      page.append("\n## ").append(++number).append(". ").append(mistake.title()).append("\n\n");
      page.append(mistake.done()).append("\n\n```\n").append(message).append("\n```\n\n");
      page.append(mistake.wayOut()).append('\n');
    }
    return page.toString();
  }
}
