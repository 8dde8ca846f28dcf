package io.fairlead.samples.oncall;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.SampleRun;
import io.fairlead.testkit.Browser;
import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The turn of duty as a person runs it, and that the page "On call" shows it. */
class OnCallIT {
  private static final Path DOCS = Path.of("..", "..", "docs");
  private static final long LARGEST_PICTURE = 200_000;

  /** They stay after the test, for whoever writes the page anew. */
  private static final Path PICTURES = Path.of("target", "pictures").toAbsolutePath();

  @TempDir static Path folder;

  private static List<String> lines = List.of();

  @BeforeAll
  static void play() throws Exception {
    if (!Browser.isInstalled()) {
      throw ToolAssumption.skip("chromium", "apt-get install chromium");
    }
    lines = SampleRun.toExit(0, folder, "on-call", "--pictures", PICTURES.toString()).lines();
  }

  @Test
  void eachFaultIsFoundAndMendedAndOnlyTheBadDeployFailsOrders() {
    assertThat(lines)
        .containsSubsequence(
            "0. All is well",
            "1. An endpoint is slow",
            "   ✓ found: inv-2 alone is slow",
            "   ✓ mended: no order goes to it any more",
            "   ✓ no order failed, before, during or after",
            "2. A deploy is bad",
            "   ✓ found: the handler of inv-3 fails, and such failures are not retried",
            "   ✓ helped: failed attempts are made again, and no order fails",
            "   ✓ mended: nothing fails any more",
            "3. An overload",
            "   ✓ found: suggestions are refused, reservations are not",
            "   ✓ mended: three instances share the calls, and nothing is refused",
            "4. A policy for a hundred processes",
            "   ✓ 97 of 100 apply it, and those that refuse it keep the deadline",
            "   ✓ taken back: all agree again",
            "5. The emergency ends by itself",
            "   ✓ the contract decides on retries again")
        .anyMatch(line -> line.matches(" {3}✓ \\d+ orders went without .*; no order failed"))
        .anyMatch(
            line -> line.matches(" {3}✓ [\\d,]+ orders: \\d+ failed, all by the bad deploy; .*"))
        .endsWith("Every step came true.");
  }

  /** Rows of tables may be left out on the page; commands and what came of them may not. */
  @Test
  void thePageShowsThisTurn() throws IOException {
    List<String> shown = blocks(Files.readString(DOCS.resolve("on-call.md")));
    assertThat(shown)
        .filteredOn(OnCallIT::isAStep)
        .containsExactlyElementsOf(
            lines.stream().map(OnCallIT::withoutFigures).filter(OnCallIT::isAStep).toList());
    assertThat(lines.stream().map(OnCallIT::withoutFigures)).containsAll(shown);
  }

  @Test
  void thePageShowsThePicturesThatWereTaken() throws IOException {
    List<String> taken;
    try (Stream<Path> files = Files.list(PICTURES)) {
      taken = files.map(each -> each.getFileName().toString()).sorted().toList();
    }
    Matcher shown =
        Pattern.compile("\\(on-call/([a-z-]+\\.png)\\)")
            .matcher(Files.readString(DOCS.resolve("on-call.md")));
    assertThat(shown.results().map(each -> each.group(1)).sorted())
        .containsExactlyElementsOf(taken);
    for (String each : taken) {
      assertThat(DOCS.resolve("on-call").resolve(each))
          .satisfies(file -> assertThat(Files.size(file)).isLessThan(LARGEST_PICTURE));
    }
  }

  private static boolean isAStep(String line) {
    return line.startsWith("$") || line.startsWith("✓") || line.startsWith("page");
  }

  private static List<String> blocks(String page) {
    return Pattern.compile("(?s)```\\n(.*?)```")
        .matcher(page)
        .results()
        .flatMap(each -> each.group(1).lines())
        .map(OnCallIT::withoutFigures)
        .filter(each -> !each.isEmpty() && !each.equals("…"))
        .toList();
  }

  /** Ids, ports, rates and times differ from run to run, and with them the widths of columns. */
  private static String withoutFigures(String line) {
    return line.strip()
        .replaceAll("\\b[0-9a-f]{32}\\b", "ID")
        .replaceAll("[0-9][0-9.,:TZ-]*((ns|us|µs|ms|s|m|h|%)\\b)?", "N")
        .replaceAll("\\s+", " ")
        // Such as 59s, and 1m 2s on a slower machine.
        .replaceAll("N( N)+", "N");
  }
}
