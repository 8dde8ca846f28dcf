package io.fairlead.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgainstTest {
  private static final Against AGAINST = Against.of("b748212", "fc9d8a7+", "");

  @Test
  void eachVariantOfOursIsFollowedByTheOtherStates() {
    assertThat(parse("--against=b748212", "--quick").sections().get(0).variants())
        .containsExactly(
            "fairlead-async", "fairlead-async@b748212", "fairlead-bind", "fairlead-bind@b748212");
    assertThat(
            parse("--against=b748212", "--variants=grpc,fairlead-bind@25")
                .sections()
                .get(0)
                .variants())
        .containsExactly("grpc", "fairlead-bind@25", "fairlead-bind@25@b748212");
  }

  @Test
  void aLongRunComparesWithTlsAndWithEverythingOnToo() {
    Plan plan = parse("--against=b748212");
    assertThat(plan.sections())
        .extracting(section -> section.label("load"))
        .containsExactly("load", "load TLS", "load on 3");
    assertThat(plan.starts()).isEqualTo(3);
    assertThat(plan.fixedRates()).isFalse();
    assertThat(parse("--against=b748212", "--tls").sections())
        .extracting(section -> section.label("load"))
        .containsExactly("load TLS");
    assertThat(parse("--quick").starts()).isEqualTo(1);
  }

  @Test
  void argumentsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> parse("--against="))
        .hasMessage("--against= names no revision; give a commit, a branch or a tag");
    assertThatThrownBy(() -> parse("--against=b748212", "--fail-below=3"))
        .hasMessageStartingWith("--fail-below=3 is not a number above 0 and up to 1");
    assertThatThrownBy(() -> parse("--against=b748212", "--fail-below=most"))
        .hasMessageStartingWith("--fail-below=most is not a number above 0 and up to 1");
    assertThatThrownBy(() -> parse("--fail-below=0.97"))
        .hasMessageStartingWith("--fail-below=0.97 bounds the ratios of --against=<revision>");
    assertThatThrownBy(() -> parse("--against=b748212", "--variants=grpc,netty"))
        .hasMessageContaining("--variants=grpc,netty names none of its variants");
  }

  @Test
  void theOtherStatesVariantRunsOnItsClassPath(@TempDir Path folder) throws IOException {
    Path today = Files.writeString(folder.resolve("today"), "today.jar\n");
    Path other = Files.writeString(folder.resolve("other"), "other.jar\n");
    Plan plan =
        parse(
            "--against=b748212",
            "--class-path-grpc=" + today,
            "--class-path-against=" + other,
            "--jdk-25=/jdk25");
    assertThat(plan.java("fairlead-bind").classPath()).isEqualTo("today.jar");
    assertThat(plan.java("fairlead-bind@b748212").classPath()).isEqualTo("other.jar");
    assertThat(plan.java("fairlead-bind@25@b748212"))
        .isEqualTo(new JavaRun(Path.of("/jdk25"), "other.jar", false));
    assertThat(Plan.plainName("fairlead-bind@25@b748212")).isEqualTo("fairlead-bind");
    assertThatThrownBy(() -> plan.java("fairlead-bind@c0ffee0"))
        .hasMessage("fairlead-bind@c0ffee0 needs --jdk-c0ffee0=<home>");
  }

  @Test
  void roundsAreHeldAgainstRoundsOfTheSameStart() {
    List<List<Result>> starts =
        List.of(
            List.of(result("fairlead-async", 90, 80), result("fairlead-async@b748212", 100, 100)),
            // Here ours failed, and the rounds of the other have no partner.
            List.of(result("fairlead-async@b748212", 1, 1)),
            List.of(result("fairlead-async", 20, 19), result("fairlead-async@b748212", 20)));
    assertThat(Comparison.of(starts, AGAINST).rows())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.rounds()).isEqualTo(3);
              assertThat(row.ratios().get(0).spread()).isEqualTo(new Stats.Spread(0.9, 0.8, 1));
              assertThat(row.ratios().get(2)).hasToString("");
            });
  }

  @Test
  void theLastLineNamesWhatIsWorse() {
    List<Result> results =
        List.of(
            result("fairlead-async", 96, 95),
            result("fairlead-async@b748212", 100, 100),
            result("fairlead-bind", 98, 98),
            result("fairlead-bind@b748212", 100, 100));
    Comparison comparison = Comparison.of(List.of(results), AGAINST);
    assertThat(comparison.text().lines().toList())
        .last()
        .isEqualTo(
            "Worse than 3 %: async-32 fairlead-async:"
                + " calls/s 0.955 (0.95-0.96) in every round");
    assertThat(comparison.fails()).isFalse();
    assertThat(fails(results, "0.97")).isTrue();
    assertThat(fails(results, "0.9")).isFalse();
    assertThat(Comparison.of(List.of(results.subList(2, 4)), AGAINST).text())
        .endsWith("No row is worse than 3 %.\n");
    assertThat(Comparison.of(List.of(), AGAINST).text())
        .endsWith("No row was measured in both states.\n");
  }

  private static boolean fails(List<Result> results, String floor) {
    return Comparison.of(List.of(results), Against.of("b748212", "today", floor)).fails();
  }

  @Test
  void roundsOfColdCodeAreCounted() {
    Usage compiling = new Usage(0, 0, 60_000_000);
    Result warm = result("fairlead-bind@b748212", 1, 1, 1);
    Result cold =
        new Result(
            "async-32",
            "fairlead-bind",
            List.of(
                warm.rounds().get(0).withServer(compiling),
                warm.rounds().get(1),
                warm.rounds().get(2)));
    assertThat(Comparison.of(List.of(List.of(cold, warm)), AGAINST).text())
        .contains("which say little: async-32 fairlead-bind (1 of 3). A higher --warm helps.\n");
  }

  @Test
  void aCostIsWorseWhenItIsMore() {
    Stats.Spread more = new Stats.Spread(1.05, 0.99, 1.1);
    assertThat(new Ratio("CPU a call", false, more).isWorse(0.97)).isTrue();
    assertThat(new Ratio("calls/s", true, more).isWorse(0.97)).isFalse();
    assertThat(new Ratio("bytes", false, Stats.spread(new double[0])).isWorse(0.97)).isFalse();
  }

  @Test
  void startsAreJoinedForTheOtherReports() {
    assertThat(
            Result.joined(
                List.of(List.of(result("grpc", 1, 2)), List.of(result("grpc", 3)), List.of())))
        .containsExactly(result("grpc", 1, 2, 3));
  }

  private static Plan parse(String... args) {
    return Plan.parse(args);
  }

  private static Result result(String variant, long... operations) {
    return new Result(
        "async-32",
        variant,
        java.util.Arrays.stream(operations)
            .mapToObj(
                each ->
                    new Sample(
                        each, 0, 1_000_000_000, Usage.NONE, Usage.NONE, List.of(0L, 0L, 0L, 0L)))
            .toList());
  }
}
