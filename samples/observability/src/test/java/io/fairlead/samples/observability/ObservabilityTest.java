package io.fairlead.samples.observability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The walk of one run: each step, and that the documentation shows it. */
@Timeout(120)
class ObservabilityTest {
  private static final Path DOCS = Path.of("..", "..", "docs");
  private static final String METHOD = "observability.v1.Images/Classify";
  private static final Pattern TRACE = Pattern.compile("(?m)^   trace ([0-9a-f]{32})$");

  @TempDir static Path pictures;

  private static String output = "";

  @BeforeAll
  static void play() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    new Observability(out).play(/* stay= */ false, pictures);
    output = bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  /** Returns the lines of a step, without its title. */
  private static List<String> step(int number, String title) {
    String[] steps = output.split("\n\n", -1);
    assertThat(steps).as(output).hasSize(6);
    List<String> lines = steps[number - 1].lines().toList();
    assertThat(lines.get(0)).isEqualTo(number + ". " + title);
    return lines.subList(1, lines.size()).stream().map(String::strip).toList();
  }

  private static String trace() {
    Matcher trace = TRACE.matcher(output);
    assertThat(trace.find()).as(output).isTrue();
    return trace.group(1);
  }

  @Test
  void theAlertIsOneOfTheRulesAndNamesItsRunbook() throws Exception {
    assertThat(step(1, "Alert"))
        .containsExactly(
            "FairleadServerFailures: 6.7% of the calls of " + METHOD + " fail",
            "runbook: docs/runbooks.md#fairleadserverfailures");
    String rules = Files.readString(DOCS.resolve("alerts/fairlead.yml"));
    String rule = rules.substring(rules.indexOf("alert: FairleadServerFailures"));
    assertThat(rule.substring(0, rule.indexOf("for:"))).contains("> 0.05");
    assertThat(Files.readAllLines(DOCS.resolve("runbooks.md")))
        .contains("### FairleadServerFailures");
  }

  @Test
  void theMetricsShowWhichInstanceFails() {
    assertThat(step(2, "Metrics: calls by instance and status"))
        .satisfiesExactly(
            one -> assertThat(one).isEqualTo("images-1  OK 30"),
            two -> assertThat(two).matches("images-2  OK 24, (UNKNOWN|INTERNAL) 6"),
            three -> assertThat(three).isEqualTo("images-3  OK 30"));
  }

  @Test
  void theExemplarLeadsToTheTraceOfAFailedCall() {
    List<String> lines = step(3, "Trace: the exemplar of the failed calls of images-2");
    assertThat(lines)
        .satisfiesExactly(
            id -> assertThat(id).isEqualTo("trace " + trace()),
            call -> assertThat(call).matches("CLIENT " + METHOD + " +\\S+ ms +(UNKNOWN|INTERNAL)"),
            attempt ->
                assertThat(attempt)
                    .matches(
                        "CLIENT Attempt\\."
                            + METHOD
                            + " +\\S+ ms +\\S+ at port \\d+, picked by .*round_robin.*"),
            handler ->
                assertThat(handler)
                    .matches("SERVER " + METHOD + " +\\S+ ms +\\S+, handler_failed"));
  }

  @Test
  void theAccessLogOfTheInstanceHasTheTrace() {
    assertThat(String.join("", step(4, "Access log: the line of images-2 with this trace")))
        .startsWith("{\"time\":")
        .contains("\"side\":\"server\"", "\"decided_by\":\"handler\"")
        .contains("\"trace_id\":\"" + trace() + "\"")
        .endsWith("}");
  }

  @Test
  void theExplanationOfTheClientIsOfTheSameCall() {
    assertThat(String.join("\n", step(5, "Explanation: what the client knows of the call")))
        .contains("trace " + trace())
        .contains(METHOD)
        .contains("round_robin");
  }

  @Test
  void theLogLeadsToTheLineThatIsToBlame() throws Exception {
    List<String> lines = step(6, "Line of code: the log of images-2");
    assertThat(lines.get(0)).isEqualTo("the handler of " + METHOD + " failed");
    assertThat(lines.get(1))
        .isEqualTo("java.lang.ArrayIndexOutOfBoundsException: Index 4 out of bounds for length 4");
    Matcher frame =
        Pattern.compile("at .*Labels\\.of\\(Labels\\.java:(\\d+)\\)").matcher(lines.get(2));
    assertThat(frame.matches()).as(lines.get(2)).isTrue();
    Path source = Path.of("src/main/java/io/fairlead/samples/observability/Labels.java");
    assertThat(Files.readAllLines(source).get(Integer.parseInt(frame.group(1)) - 1))
        .contains("names.get(image % KINDS)");
  }

  @Test
  void thePageShowsThisOutput() throws Exception {
    String page = Files.readString(DOCS.resolve("observability-walk.md"));
    Matcher block = Pattern.compile("(?s)```\n(1\\. Alert.*?)```").matcher(page);
    assertThat(block.find()).isTrue();
    assertThat(withoutFigures(block.group(1))).isEqualTo(withoutFigures(output));
  }

  @Test
  void thePageShowsThesePictures() throws Exception {
    String page = Files.readString(DOCS.resolve("observability-walk.md"));
    for (String name : List.of("calls-by-instance.svg", "trace.svg")) {
      assertThat(page).contains("(observability/" + name + ")");
      assertThat(withoutFigures(Files.readString(DOCS.resolve("observability").resolve(name))))
          .isEqualTo(withoutFigures(Files.readString(pictures.resolve(name))));
    }
  }

  /** Ids, ports and times differ from run to run, and with them the breaks of lines. */
  private static String withoutFigures(String text) {
    return text.replaceAll("\\b[0-9a-f]{16,32}\\b", "ID")
        .replaceAll("[0-9][0-9.:TZ-]*([num]?s\\b)?", "N")
        .replaceAll("\\s+", "");
  }
}
