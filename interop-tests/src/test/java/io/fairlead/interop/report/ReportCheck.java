package io.fairlead.interop.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.peer.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Runs after all other tests of this module: holds the committed report to what they found. */
class ReportCheck {
  private static final Path COMMITTED = Path.of("REPORT.md").toAbsolutePath();
  private static final Path FOUND = Path.of("target", "REPORT.md").toAbsolutePath();

  @Test
  void theCommittedReportIsWhatTheTestsFound() throws IOException {
    Matrix matrix = Matrix.read();
    assertThat(matrix.cells()).as("cases that ran").isNotEmpty();
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    String found = Report.render(matrix, Versions.all(), today);
    Files.writeString(FOUND, found);
    System.out.println(found);

    assertThat(of(matrix, Verdict.NOT_RUN))
        .as("cases that were announced and did not run")
        .isEmpty();
    assertThat(of(matrix, Verdict.FAIL)).as("cases that failed").isEmpty();
    List<String> skipped = of(matrix, Verdict.SKIPPED);
    Assumptions.assumeTrue(
        skipped.isEmpty(),
        () ->
            "REPORT.md was not compared: "
                + skipped.size()
                + " cases were skipped, such as "
                + skipped.get(0));
    // Some test classes only: the report has more, and that is right.
    if (System.getProperty("it.test") != null) {
      return;
    }
    if (Boolean.getBoolean("report.update")) {
      Files.writeString(COMMITTED, found);
    }
    assertThat(COMMITTED).as("the committed report; -Dreport.update=true writes it").exists();
    assertThat(Report.compared(found))
        .as("what the tests found, against %s; -Dreport.update=true writes it anew", COMMITTED)
        .containsExactlyElementsOf(Report.compared(Files.readString(COMMITTED)));
  }

  private static List<String> of(Matrix matrix, Verdict verdict) {
    return matrix.cells().stream()
        .filter(cell -> cell.verdict() == verdict)
        .map(cell -> cell.key() + " " + cell.reason())
        .toList();
  }
}
