package io.fairlead.telemetry.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.fairlead.telemetry.prometheus.RealPrometheus.Rule;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboards and alerts of the documentation, asked of a real Prometheus. */
class DashboardsTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Path RULES = DOCS.resolve("alerts/fairlead.yml");
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), (\\w+)\\)");

  /** A comparison with a number, which leaves out what does not fulfil it. */
  private static final Pattern FILTER = Pattern.compile(" ([<>]=?|==) (?=[0-9])");

  /** Every expression of the dashboards, by dashboard and panel. */
  private static Map<String, String> expressions() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(DOCS.resolve("grafana"))) {
      for (Path file : files.sorted().toList()) {
        JsonObject dashboard = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        String title = dashboard.get("title").getAsString();
        for (JsonElement panel : dashboard.getAsJsonArray("panels")) {
          JsonObject each = panel.getAsJsonObject();
          if (each.has("targets")) {
            for (JsonElement target : each.getAsJsonArray("targets")) {
              String expression = target.getAsJsonObject().get("expr").getAsString();
              all.put(
                  title + ": " + each.get("title").getAsString() + ": " + expression, expression);
            }
          }
        }
        for (JsonElement variable :
            dashboard.getAsJsonObject("templating").getAsJsonArray("list")) {
          JsonObject each = variable.getAsJsonObject();
          if (each.has("definition")) {
            Matcher values = LABEL_VALUES.matcher(each.get("definition").getAsString());
            assertThat(values.matches()).as(each.toString()).isTrue();
            all.put(
                title + ": variable " + each.get("name").getAsString(),
                "count by (" + values.group(2) + ") (" + values.group(1) + ")");
          }
        }
      }
    }
    return all;
  }

  /** What the faults of the fleet raise. */
  private static final Set<String> RAISED =
      Set.of(
          "FairleadServerFailures",
          "FairleadCallsRejected",
          "FairleadClientFailures",
          "FairleadManyAttempts",
          "FairleadBreakerOpen",
          "FairleadFallbacks");

  /** With what Grafana would put in for its variables. */
  private static String filledIn(String expression) {
    return expression
        .replace("$__rate_interval", "1m")
        .replaceAll("\\$(job|method|target|service)\\b", ".*");
  }

  private static boolean hasData(Map<String, Double> values) {
    return values.values().stream().anyMatch(value -> !value.isNaN());
  }

  @Test
  void everyPanelAndEveryAlertHasDataInAFleetWithFaults(@TempDir Path folder) throws Exception {
    assertThat(expressions()).hasSizeGreaterThan(70);
    try (FaultyFleet fleet = FaultyFleet.start();
        RealPrometheus prometheus =
            RealPrometheus.withRules(fleet.managementPort(), folder, RULES)) {
      for (Map.Entry<String, String> each : expressions().entrySet()) {
        awaitData(prometheus, each.getKey(), filledIn(each.getValue()));
      }
      TreeSet<String> raised = new TreeSet<>();
      for (Rule rule : prometheus.rules().values()) {
        // The rules that compare with days before are asked of days that are simulated.
        if (!rule.query().contains("job:")) {
          awaitData(prometheus, rule.name(), FILTER.matcher(rule.query()).replaceAll(" $1 bool "));
          if (RAISED.contains(rule.name())) {
            // The fleet goes on: a rate that is too small just after its start grows.
            prometheus.await(rule.query(), values -> !values.isEmpty());
          }
          if (!prometheus.ask(rule.query()).isEmpty()) {
            raised.add(rule.name());
          }
        }
      }
      assertThat(raised)
          .containsAll(RAISED)
          .doesNotContain(
              "FairleadServerNotServing",
              "FairleadDrainTooLong",
              "FairleadRegistryUnreachable",
              "FairleadNotRegistered",
              "FairleadNoEndpoint",
              "FairleadListPreserved",
              "FairleadSeriesLimitReached");
    }
  }

  private static void awaitData(RealPrometheus prometheus, String what, String expression)
      throws Exception {
    try {
      prometheus.await(expression, DashboardsTest::hasData);
    } catch (AssertionError e) {
      throw new AssertionError(what, e);
    }
  }

  @Test
  void everyAlertHasItsRunbook(@TempDir Path folder) throws Exception {
    List<String> headings =
        Files.readAllLines(DOCS.resolve("runbooks.md")).stream()
            .filter(line -> line.startsWith("### "))
            .map(line -> line.substring("### ".length()))
            .toList();
    List<String> alerts = new ArrayList<>();
    try (RealPrometheus prometheus = RealPrometheus.withRules(1, folder, RULES)) {
      for (Rule rule : prometheus.rules().values()) {
        if (rule.alerts()) {
          alerts.add(rule.name());
          assertThat(rule.annotations().get("runbook"))
              .isEqualTo("docs/runbooks.md#" + rule.name().toLowerCase(Locale.ROOT));
        }
      }
    }
    assertThat(headings).containsExactlyInAnyOrderElementsOf(alerts);
  }

  private static void promtoolAccepts(Path rules) throws Exception {
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "check", "rules", rules.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw ToolAssumption.skip("promtool", "apt-get install prometheus");
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }

  @Test
  void promtoolAcceptsTheRules() throws Exception {
    promtoolAccepts(RULES);
  }

  /** It checks files of rules, so each expression is made a rule. */
  @Test
  void promtoolAcceptsTheExpressionsOfTheDashboards(@TempDir Path folder) throws Exception {
    StringBuilder rules = new StringBuilder("groups:\n  - name: dashboards\n    rules:\n");
    int number = 0;
    for (String each : expressions().values()) {
      rules.append("      - record: dashboards:panel").append(number++).append('\n');
      rules.append("        expr: ").append(new JsonPrimitive(filledIn(each))).append('\n');
    }
    assertThat(number).isGreaterThan(70);
    promtoolAccepts(Files.writeString(folder.resolve("dashboards.yml"), rules));
  }
}
