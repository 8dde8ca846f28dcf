package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.lifecycle.LifecycleTimeouts;
import io.fairlead.lifecycle.ServerState.Phase;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Alerts on what lasts for seconds: whether they fire with the default timeouts, scraped every 15
 * seconds and evaluated once a minute, as Prometheus does by default. promtool simulates the time.
 */
class AlertTimingTest {
  private static final Path RULES = Path.of("..", "docs", "alerts", "fairlead.yml");
  private static final Duration SCRAPE = Duration.ofSeconds(15);
  private static final LifecycleTimeouts DEFAULTS = LifecycleTimeouts.builder().build();

  @TempDir Path folder;

  /** What was scraped of one series, from the start. */
  private record Series(String name, List<String> values) {
    String yaml() {
      return "      - series: '" + name + "'\n        values: '" + String.join(" ", values) + "'\n";
    }
  }

  /** Returns what promtool found wrong with the expectation that the alert fires at a time. */
  private String test(String alert, List<Series> scraped, Duration at, String expected)
      throws Exception {
    StringBuilder yaml = new StringBuilder("rule_files: ['" + RULES.toRealPath() + "']\n");
    yaml.append("evaluation_interval: 1m\ntests:\n  - interval: 15s\n    input_series:\n");
    scraped.forEach(each -> yaml.append(each.yaml()));
    yaml.append("    alert_rule_test:\n      - alertname: ").append(alert);
    yaml.append("\n        eval_time: ").append(at.toSeconds()).append("s\n");
    yaml.append("        exp_alerts: [").append(expected).append("]\n");
    Path file = Files.writeString(folder.resolve("test.yml"), yaml);
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "test", "rules", file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw ToolAssumption.skip("promtool", "apt-get install prometheus");
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return promtool.waitFor() == 0 ? "" : said + "\n" + yaml;
  }

  /**
   * Returns the series of a server that serves for two minutes, is in some phases for some time,
   * and is then gone, so that its scrapes fail.
   *
   * @param offset how long after a scrape the first of the phases begins
   */
  private static List<Series> leaving(Duration offset, Object... phasesAndTimes) {
    Duration start = Duration.ofMinutes(2).plus(offset);
    List<Series> all = new ArrayList<>();
    Duration end = start;
    for (int i = 1; i < phasesAndTimes.length; i += 2) {
      end = end.plus((Duration) phasesAndTimes[i]);
    }
    Duration begin = start;
    for (int i = 0; i < phasesAndTimes.length; i += 2) {
      Duration until = begin.plus((Duration) phasesAndTimes[i + 1]);
      List<String> values = new ArrayList<>();
      for (Duration now = Duration.ZERO;
          now.compareTo(Duration.ofMinutes(12)) < 0;
          now = now.plus(SCRAPE)) {
        boolean in = now.compareTo(begin) >= 0 && now.compareTo(until) < 0;
        values.add(now.compareTo(end) >= 0 ? "stale" : in ? "1" : "0");
      }
      String phase = ((Phase) phasesAndTimes[i]).name().toLowerCase(Locale.ROOT);
      all.add(
          new Series(
              "fairlead_server_phase{job=\"shop\",instance=\"a:1\",fairlead_phase=\""
                  + phase
                  + "\"}",
              values));
      begin = until;
    }
    return all;
  }

  @Test
  void aServerThatCutsItsLastCallsByDefaultRaisesTheAlert() throws Exception {
    Duration cut = Duration.ofSeconds(1);
    for (int offset : new int[] {0, 4, 8, 12, 13, 14}) {
      // The last calls are waited for from here on, and seen in two or three scrapes.
      long begin = offset + DEFAULTS.deregistrationDelay().toSeconds();
      long end = begin + DEFAULTS.drain().plus(cut).toSeconds();
      long scrape = SCRAPE.toSeconds();
      long seen = ((end + scrape - 1) / scrape - (begin + scrape - 1) / scrape) * scrape;
      List<Series> scraped =
          leaving(
              Duration.ofSeconds(offset),
              Phase.DEREGISTERED,
              DEFAULTS.deregistrationDelay(),
              Phase.GOAWAY,
              DEFAULTS.drain(),
              Phase.FORCED,
              cut);
      assertThat(
              test(
                  "FairleadDrainTooLong",
                  scraped,
                  Duration.ofMinutes(4),
                  "{exp_labels: {severity: ticket, job: shop, instance: 'a:1'}, exp_annotations: {"
                      + "summary: 'a:1 has waited "
                      + seen
                      + "s for its last calls', "
                      + "runbook: docs/runbooks.md#fairleaddraintoolong}}"))
          .as("%d s after a scrape", offset)
          .isEmpty();
    }
  }

  @Test
  void aServerWhoseCallsEndSoonDoesNot() throws Exception {
    List<Series> scraped =
        leaving(
            Duration.ofSeconds(1),
            Phase.DEREGISTERED,
            // As long as clients that look up names may take.
            Duration.ofMinutes(1),
            Phase.GOAWAY,
            Duration.ofSeconds(14));
    for (int minute = 2; minute < 10; minute++) {
      assertThat(test("FairleadDrainTooLong", scraped, Duration.ofMinutes(minute), "")).isEmpty();
    }
  }

  @Test
  void aListThatIsPreservedForTheDefaultGraceRaisesTheAlert() throws Exception {
    List<Series> scraped =
        List.of(
            new Series(
                "fairlead_registry_watch_preservations_total{job=\"shop\",instance=\"a:1\","
                    + "service=\"inventory\"}",
                List.of("0x12", "1x100")),
            new Series(
                "fairlead_registry_watch_preserved{job=\"shop\",instance=\"a:1\","
                    + "service=\"inventory\"}",
                List.of("0x12", "1x1", "0x98")));
    String alert = "FairleadListPreserved";
    assertThat(test(alert, scraped, Duration.ofMinutes(3), "")).isEmpty();
    for (int minute : new int[] {5, 10}) {
      assertThat(
              test(
                  alert,
                  scraped,
                  Duration.ofMinutes(minute),
                  "{exp_labels: {severity: ticket, job: shop, instance: 'a:1', service: inventory},"
                      + " exp_annotations: {summary: 'a:1 has kept endpoints of inventory that were"
                      + " gone from the registry all at once', "
                      + "runbook: docs/runbooks.md#fairleadlistpreserved}}"))
          .isEmpty();
    }
    assertThat(test(alert, scraped, Duration.ofMinutes(15), "")).isEmpty();
  }

  @Test
  void aChannelWithoutEndpointsIsNotHiddenByAnotherOneToItsTarget() throws Exception {
    String name =
        "fairlead_client_endpoints{job=\"shop\",instance=\"a:1\",grpc_target=\"etcd:///b\","
            + "fairlead_state=\"ready\",fairlead_channel=\"%d\"}";
    List<Series> scraped =
        List.of(
            new Series(name.formatted(1), List.of("3x40")),
            new Series(name.formatted(2), List.of("0x40")));
    assertThat(
            test(
                "FairleadNoEndpoint",
                scraped,
                Duration.ofMinutes(3),
                "{exp_labels: {severity: page, job: shop, instance: 'a:1', grpc_target: 'etcd:///b'},"
                    + " exp_annotations: {summary: 'a:1 has no endpoint of etcd:///b that takes"
                    + " calls', runbook: docs/runbooks.md#fairleadnoendpoint}}"))
        .isEmpty();
  }
}
