package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Our Knative rule decides as Knative's own autoscaler did, which wrote the table. */
class KnativeTableTest {
  private static final ScalingRule RULE =
      ScalingRule.knative(ScalingPolicy.builder(10).min(0).max(100_000).build());

  @Test
  void everyDecisionIsTheSame() throws Exception {
    String table;
    try (InputStream in = KnativeTableTest.class.getResourceAsStream("knative.tsv")) {
      table = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    List<LoadSample> history = new ArrayList<>();
    Instant begin = Instant.parse("2026-01-02T03:00:00Z");
    String course = "";
    int compared = 0;
    for (String line : table.lines().filter(each -> !each.startsWith("#")).toList()) {
      String[] row = line.split("\t", -1);
      if (!row[0].equals(course)) {
        course = row[0];
        history.clear();
      }
      Instant now = begin.plus(Duration.ofSeconds(2).multipliedBy(history.size()));
      history.add(
          LoadSample.builder(now)
              .offered(Double.parseDouble(row[1]))
              .instances(Integer.parseInt(row[2]), 0)
              .build());
      ScalingDecision decision = RULE.decide(history, now);
      assertThat(decision.want())
          .as("course %s, tick %d: %s", course, history.size() - 1, decision.why())
          .isEqualTo(Integer.parseInt(row[3]));
      compared++;
    }
    assertThat(compared).isEqualTo(12 * 120);
  }
}
