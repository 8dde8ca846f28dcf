package io.fairlead.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class JmhComparisonTest {
  private static final String CSV =
      """
      "Benchmark","Mode","Threads","Samples","Score","Score Error (99.9%%)","Unit","Param: balancer","Param: side"
      "io.fairlead.%s.pick","avgt",1,4,%s,1.5,"ns/op",round_robin,fairlead
      "io.fairlead.%1$s.pick:gc.alloc.rate","avgt",1,4,300.0,1.5,"MB/sec",round_robin,fairlead
      "io.fairlead.%1$s.pick:·gc.alloc.rate.norm","avgt",1,4,%s,1.5,"B/op",round_robin,fairlead
      """;

  @Test
  void readsTimesAndBytes() {
    assertThat(JmhRow.read(csv("balance.PickBenchmark", 40, 24)))
        .containsExactly(
            java.util.Map.entry(row("PickBenchmark", "pick"), new JmhRow.Score(40, "ns/op", 24)));
  }

  @Test
  void aColumnForTheParametersOfOthersIsNoParameter() {
    String line = "\"io.fairlead.client.StackBenchmark.call\",\"avgt\",2,4,500,1.5,\"ns/op\",,";
    assertThat(JmhRow.read(List.of(line)))
        .containsOnlyKeys(new JmhRow("StackBenchmark", "call", List.of(), "2"));
  }

  @Test
  void aRenamedClassIsFoundByTheRestWhereThatIsOne() {
    JmhRow same = row("Pick", "pick");
    JmhRow old = row("HandOver", "take");
    JmhRow renamed = row("Queue", "take");
    assertThat(JmhRow.paired(List.of(same, renamed), List.of(same, old)))
        .containsExactly(java.util.Map.entry(same, same), java.util.Map.entry(renamed, old));
    assertThat(JmhRow.paired(List.of(renamed), List.of(old, row("Other", "take")))).isEmpty();
    assertThat(JmhRow.paired(List.of(renamed, row("Other", "take")), List.of(old))).isEmpty();
  }

  @Test
  void theTablePrintsOursByTheirs() {
    JmhComparison comparison =
        new JmhComparison(
            List.of(
                JmhRow.read(csv("balance.Pick", 44, 0.01)),
                JmhRow.read(csv("balance.Pick", 42, 24))),
            List.of(
                JmhRow.read(csv("pick.OldPick", 40, 0)), JmhRow.read(csv("pick.OldPick", 40, 24))));
    assertThat(comparison.text(Against.of("b748212", "today", "")).lines().toList())
        .last()
        .isEqualTo(
            "Worse than 3 %: Pick.pick round_robin fairlead, 1 thread:"
                + " time 1.075 (1.05-1.10) in every round");
  }

  @Test
  void whatOnlyOneStateHasIsNamed() {
    JmhComparison comparison =
        new JmhComparison(List.of(JmhRow.read(csv("Pick", 44, 0))), List.of(java.util.Map.of()));
    assertThat(comparison.text(Against.of("b748212", "today", "")))
        .contains("Only in today: Pick.pick round_robin fairlead, 1 thread\n")
        .endsWith("No row was measured in both states.\n");
  }

  private static List<String> csv(String type, double nanos, double bytes) {
    return CSV.formatted(type, nanos, bytes).lines().toList();
  }

  private static JmhRow row(String type, String method) {
    return new JmhRow(type, method, List.of("round_robin", "fairlead"), "1");
  }
}
