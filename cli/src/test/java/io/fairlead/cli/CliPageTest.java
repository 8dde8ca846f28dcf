package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.registry.etcd.EtcdPolicySource;
import io.fairlead.testkit.Await;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.InventoryRpc;
import shop.v1.ReserveRequest;

/** Runs each command of docs/cli.md, and compares what it writes with the page. */
@Timeout(60)
class CliPageTest {
  private static final Path PAGE = Path.of("../docs/cli.md");
  private static final Pattern BLOCK = Pattern.compile("```console\n(.*?)```", Pattern.DOTALL);

  /** Where the folders are that the page names. */
  private static final Path FOLDERS = Path.of("src/test/page");

  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

  /** Times that were measured; limits and settings stay as they are. */
  private static final Pattern MEASURED =
      Pattern.compile(
          "(?<=after |at \\+|waited |on the wire )\\d+(?:\\.\\d+)?(?:ns|us|ms|s)(?! in flight)");

  /** When a policy was changed; those of log lines are given, and have parts of a second. */
  private static final Pattern WRITTEN =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");

  private static final Pattern FIGURE = Pattern.compile("\\d+\\.\\d\\d|unknown");

  /** The same in a row of a table, with the spaces that fill its column. */
  private static final Pattern COLUMN =
      Pattern.compile("(?<= )(?:\\d+\\.\\d\\d|unknown) *(?=[ \\n])");

  /**
   * The contract gives an attempt 120 ms, which a busy machine may exceed; the page has none such.
   */
  private static final Pattern LATE = Pattern.compile("fairlead: DEADLINE_EXCEEDED|attempt 2 ");

  @TempDir private Path made;

  private final Fleet fleet = new Fleet();
  private final Fleet.Node a = fleet.start("a", server -> server.version("1.4.0").zone("north"));
  private final Fleet.Node b = fleet.start("b", server -> server.version("1.4.0").zone("south"));

  @AfterEach
  void close() {
    fleet.close();
  }

  @Test
  void thePageShowsWhatCommandsWrite() throws Exception {
    BreakingCorpus.needProtoc();
    EtcdPolicySource policies =
        fleet.registry.policySource("checkout-1").caller("checkout").zone("north").open();
    // The doctor shows the revision of etcd, and a report is one.
    Await.until(
        "it reports",
        () -> !fleet.registry.policies().reports("*").toCompletableFuture().join().isEmpty());
    RpcChannel pricing = fleet.watchedChannel(a, RpcChannel.to(b.address()).livePolicies(policies));
    callOnce(pricing);
    Instant noon = Instant.parse("2026-11-30T12:00:00Z");
    a.logs().add(noon, Level.INFO, "shop.Stock", "main", "counted 1,200 articles", null);
    b.logs().add(noon.plusMillis(250), Level.WARNING, "shop.Stock", "main", "rope is out", null);
    String page = Files.readString(PAGE);
    Matcher block = BLOCK.matcher(page);
    StringBuilder now = new StringBuilder();
    int commands = 0;
    while (block.find()) {
      StringBuilder text = new StringBuilder("```console\n");
      for (String line : block.group(1).split("\n", -1)) {
        if (line.startsWith("$ fairlead ")) {
          text.append(line).append('\n').append(written(line.substring(11)));
          commands++;
        }
      }
      block.appendReplacement(now, Matcher.quoteReplacement(text + "```"));
    }
    block.appendTail(now);
    assertThat(commands).isGreaterThan(12);
    if (System.getProperty("golden.update") != null) {
      Files.writeString(PAGE, now);
    }
    assertThat(changes(Files.readString(PAGE), now.toString()))
        .as("docs/cli.md is out of date: mvn test -pl cli -am -Dtest=CliPageTest -Dgolden.update")
        .isEmpty();
  }

  /** The lines that differ, as a page of this length is not to be read in a failure. */
  private static List<String> changes(String page, String now) {
    List<String> changes = new ArrayList<>();
    List<String> before = page.lines().toList();
    List<String> after = now.lines().toList();
    for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
      String old = i < before.size() ? before.get(i) : "nothing";
      String written = i < after.size() ? after.get(i) : "nothing";
      if (!old.equals(written)) {
        changes.add("line " + (i + 1) + ": \"" + old + "\" is now \"" + written + "\"");
      }
    }
    return changes;
  }

  /** The contract gives a call 300 ms, which the first of a JVM may exceed. */
  private static void callOnce(RpcChannel channel) {
    boolean done = false;
    while (!done) {
      try {
        var unused = InventoryRpc.client(channel).reserve(ReserveRequest.getDefaultInstance());
        done = true;
      } catch (RpcException e) {
        assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      }
    }
  }

  /** Runs a command; returns what it writes where that is the same at every run. */
  private String written(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(
          word.group(1) != null
              ? word.group(1)
              : word.group(2) != null ? word.group(2) : word.group(3));
    }
    if (words.get(0).equals("breaking")) {
      words.replaceAll(
          each ->
              Files.isDirectory(FOLDERS.resolve(each)) ? FOLDERS.resolve(each).toString() : each);
    }
    if (words.get(0).equals("new")) {
      words.addAll(List.of("--directory", made.resolve(words.get(1)).toString()));
    }
    Cli cli = Cli.operator(fleet).with("USER", "ann");
    if (words.get(0).equals("ls")) {
      cli.at(() -> Instant.now().plus(Duration.ofMinutes(192)));
    }
    Cli.Result result = cli.run(words.toArray(String[]::new));
    while (words.get(0).equals("call") && LATE.matcher(result.err()).find()) {
      result = cli.run(words.toArray(String[]::new));
    }
    // A process reports what it applies in its own time.
    while (line.startsWith("policy status") && result.exit() == ExitCode.UNCONFIRMED) {
      result = cli.run(words.toArray(String[]::new));
    }
    String text =
        (result.out() + result.err())
            .replace(made + "/", "")
            // As long as the real ones, for the columns.
            .replace(a.address(), "10.0.0.11:50051")
            .replace(b.address(), "10.0.0.12:50051")
            .replace(fleet.etcd.address(), "10.0.0.9:2379")
            .replace("Java " + Runtime.version(), "Java 17")
            // The balancer chooses at random.
            .replace("10.0.0.12:50051 [b]", "10.0.0.11:50051 [a]");
    text = MEASURED.matcher(text).replaceAll("1ms");
    // As long as the real ones, for the columns.
    text = WRITTEN.matcher(text).replaceAll("2026-11-30T12:00:00Z");
    if (words.get(0).equals("load")) {
      // A row keeps its columns, whatever is in them; the sentence above has none.
      int rows = text.indexOf('\n');
      text =
          FIGURE.matcher(text.substring(0, rows)).replaceAll("0.25")
              + COLUMN
                  .matcher(text.substring(rows))
                  .replaceAll(found -> "0.25" + " ".repeat(found.group().length() - 4));
      text = text.replaceAll(" +\n", "\n");
    }
    return text;
  }

  @Test
  void thePageHasEachCommandAndEachExitCode() throws Exception {
    String page = Files.readString(PAGE);
    for (String command : FairleadCommand.visible(Main.commandLine(Terminal.ofProcess()))) {
      assertThat(page).contains("fairlead " + command);
    }
    for (String row :
        FairleadCommand.class.getAnnotation(picocli.CommandLine.Command.class).exitCodeList()) {
      assertThat(page.replace("`", ""))
          .contains("| " + row.replaceFirst(":", " | ").replace("the doctor", "doctor") + " |");
    }
  }
}
