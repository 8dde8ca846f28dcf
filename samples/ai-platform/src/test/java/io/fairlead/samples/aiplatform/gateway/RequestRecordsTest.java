package io.fairlead.samples.aiplatform.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.aiplatform.api.gateway.AnswerSource;
import io.fairlead.samples.aiplatform.api.gateway.CallerUsage;
import io.fairlead.samples.aiplatform.common.H2Server;
import io.fairlead.testkit.Await;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestRecordsTest {
  @TempDir Path folder;

  private static Map<String, Long> byStatus(CallerUsage usage) {
    return usage.getSharesList().stream()
        .collect(
            Collectors.toMap(
                share -> share.getStatus() + " " + share.getSource(),
                CallerUsage.Share::getRequests));
  }

  @Test
  void eachCallerSeesItsOwnRequestsAlsoAfterARestart() throws Exception {
    try (RequestRecords records = RequestRecords.open(folder)) {
      records.add("ann", "a", "OK", AnswerSource.MODEL, 5);
      records.add("ann", "b", "OK", AnswerSource.MODEL, 5);
      records.add("ann", "c", "UNAVAILABLE", null, 5);
      records.add("ben", "a", "OK", AnswerSource.LAST_ANSWER, 5);
    }
    try (RequestRecords records = RequestRecords.open(folder)) {
      assertThat(byStatus(records.usage("ann")))
          .containsOnly(
              Map.entry("OK MODEL", 2L), Map.entry("UNAVAILABLE ANSWER_SOURCE_UNSPECIFIED", 1L));
      assertThat(byStatus(records.usage("ben"))).containsOnly(Map.entry("OK LAST_ANSWER", 1L));
      assertThat(records.usage("carl").getSharesList()).isEmpty();
    }
  }

  @Test
  void requestsWhileTheDatabaseIsAwayAreRecordedOnceItIsBack() throws Exception {
    try (H2Server server = new H2Server(folder.resolve("server"))) {
      server.link(folder);
      try (RequestRecords records = RequestRecords.open(folder)) {
        records.add("ann", "a", "OK", AnswerSource.MODEL, 5);
        Await.until("the first is written", () -> total(records) == 1);
        server.stop();
        for (int i = 0; i < 300; i++) {
          records.add("ann", "b", "OK", AnswerSource.MODEL, 5);
        }
        server.startAgain();
        Await.until("all are written", () -> total(records) == 301);
        assertThat(records.lost()).isZero();
      }
    }
  }

  private static long total(RequestRecords records) {
    try {
      return records.usage("ann").getSharesList().stream()
          .mapToLong(CallerUsage.Share::getRequests)
          .sum();
    } catch (SQLException e) {
      return -1;
    }
  }
}
